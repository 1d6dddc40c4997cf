import { Stack, type StackProps } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { ApproverMechanism, Approvers, TwoPersonGate } from 'two-person-rule-cdk';
import type { Construct } from 'constructs';

/**
 * The gate and its approvers, in a separate stack: people who change the pipeline cannot change
 * these with it.
 */
export class GateStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps = {}) {
    super(scope, id, props);
    new TwoPersonGate(this, 'Gate', {
      // `templates/package` writes the zip.
      code: lambda.Code.fromAsset(process.env.GATE_ZIP ?? 'bootstrap.zip'),
      pipelines: ['payments'],
      rule: {
        excludeInitiator: true,
        // The role with which people sign in through IAM Identity Center.
        trustedSessionRoles: ['AWSReservedSSO_Approver_0123456789abcdef'],
        // Roles of machines that start executions. Nobody can approve with them.
        notPeople: ['payments-ci'],
        stage: 'Release',
        actions: ['ApprovalA', 'ApprovalB'],
      },
    });
    // Two groups with one slot each. Nobody who is in both can approve.
    new Approvers(this, 'Approvers', {
      mechanism: ApproverMechanism.groups(),
      pipelines: ['payments'],
      stage: 'Release',
    });
  }
}
