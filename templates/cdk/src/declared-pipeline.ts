import { Stack } from 'aws-cdk-lib';
import type * as codepipeline from 'aws-cdk-lib/aws-codepipeline';

/** An action of a template, as far as the checks read it. */
export interface DeclaredAction {
  readonly Name: string;
  readonly RunOrder?: number;
  readonly ActionTypeId: { readonly Category: string; readonly Provider: string };
  readonly Configuration?: { readonly [key: string]: unknown };
}

/** What CodePipeline does if conditions are not met or, in `OnFailure`, if the stage fails. */
export interface DeclaredOutcome {
  readonly Result?: string;
  readonly RetryConfiguration?: { readonly RetryMode?: string };
  readonly Conditions?: { readonly Result?: string }[];
}

/** A stage of a template, as far as the checks read it. */
export interface DeclaredStage {
  readonly Name: string;
  readonly Actions: DeclaredAction[];
  readonly BeforeEntry?: DeclaredOutcome;
  readonly OnFailure?: DeclaredOutcome;
  readonly OnSuccess?: DeclaredOutcome;
}

/** A pipeline of a template, as far as the checks read it. */
export interface DeclaredPipeline {
  readonly PipelineType?: string;
  readonly Stages: DeclaredStage[];
}

/** The CloudFormation resource of a pipeline. */
export function declaration(pipeline: codepipeline.Pipeline): codepipeline.CfnPipeline {
  return pipeline.node.defaultChild as codepipeline.CfnPipeline;
}

/** Whether the pipeline says that this action deploys. The same test as in `policygen doctor`. */
export function deploys(action: DeclaredAction): boolean {
  const { Category: category, Provider: provider } = action.ActionTypeId;
  if (category === 'Invoke') {
    return provider === 'CodePipeline' || provider === 'StepFunctions';
  }
  // A change set that is only prepared is what people approve.
  return category === 'Deploy' && action.Configuration?.ActionMode !== 'CHANGE_SET_REPLACE';
}

/**
 * The pipeline as the template will have it. CDK has no public way to read that, and the properties
 * of the resource lack what an escape hatch, such as `addPropertyOverride`, changes.
 */
export function declaredIn(pipeline: codepipeline.Pipeline): DeclaredPipeline {
  const resource = declaration(pipeline) as unknown as { _toCloudFormation(): object };
  const { Resources } = Stack.of(pipeline).resolve(resource._toCloudFormation());
  const [{ Properties }] = Object.values(Resources) as [{ Properties: DeclaredPipeline }];
  return Properties;
}

/** Actions of a stage with the same run order are parallel. */
export function orderOf(action: DeclaredAction): number {
  return action.RunOrder ?? 1;
}
