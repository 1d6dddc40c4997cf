import type { IAspect } from 'aws-cdk-lib';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import type { IConstruct } from 'constructs';
import { PipelineCheck } from './pipeline-check';

/**
 * Fails synthesis if a pipeline changes itself before two people are asked: by `UpdatePipeline` of
 * CDK Pipelines, or by an action that deploys the stack of the pipeline or of its gate.
 *
 * Each pipeline with a `TwoPersonApproval` is checked without it. Add it to an app to check every
 * `Pipeline` there, also one whose gate somebody forgot. CDK does not apply aspects of an app to
 * what is in a `Stage`: add it to each stage that has a pipeline too.
 */
export class RequireApprovalBeforeSelfMutation implements IAspect {
  /**
   * Lets a pipeline change itself before anybody is asked. The reason ends up in the metadata of
   * the template and in a warning.
   */
  static accept(pipeline: codepipeline.Pipeline, reason: string): void {
    PipelineCheck.of(pipeline).acceptSelfMutation(reason);
  }

  /** Checks a node if it is a pipeline. CDK calls it. */
  visit(node: IConstruct): void {
    if (node instanceof codepipeline.Pipeline) {
      PipelineCheck.of(node);
    }
  }
}
