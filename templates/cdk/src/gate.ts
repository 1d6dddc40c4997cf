import { Resource } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct, IConstruct } from 'constructs';

/** A gate that pipelines of this app can ask. */
export interface ITwoPersonGate extends IConstruct {
  /** The gate's function. */
  readonly gateFunction: lambda.IFunction;
}

/** Properties of a `TwoPersonGate`. */
export interface TwoPersonGateProps {
  /** The path of the `bootstrap.zip` that `templates/package` writes. */
  readonly zip: string;
}

/** The gate: a Lambda action that lets a release pass if enough different people approved it. */
export class TwoPersonGate extends Resource implements ITwoPersonGate {
  public readonly gateFunction: lambda.IFunction;

  constructor(scope: Construct, id: string, props: TwoPersonGateProps) {
    super(scope, id);
    void props;
    throw new Error('not written yet');
  }
}
