import { Stack, type StackProps } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { TwoPersonGate } from 'two-person-rule-cdk';
import type { Construct } from 'constructs';

/** Properties of a `GateStack`. */
export interface GateStackProps extends StackProps {
  /** The pipeline that asks the gate. */
  readonly pipelineName: string;
  /** The stage with the approvals. */
  readonly stageName: string;
}

/**
 * The gate and the approvers, in a stack of their own: the people who change the pipeline need no
 * right to change who decides.
 */
export class GateStack extends Stack {
  constructor(scope: Construct, id: string, props: GateStackProps) {
    super(scope, id, props);
    new TwoPersonGate(this, 'Gate', {
      // `templates/package` writes the zip.
      code: lambda.Code.fromAsset(process.env.GATE_ZIP ?? 'bootstrap.zip'),
      pipelines: [props.pipelineName],
      rule: {
        excludeInitiator: true,
        stage: props.stageName,
        actions: ['ApprovalA', 'ApprovalB'],
      },
    });
  }
}
