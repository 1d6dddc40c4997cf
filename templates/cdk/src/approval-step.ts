import type * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as pipelines from 'aws-cdk-lib/pipelines';
import { TwoPersonApproval } from './approval';
import type { TwoPersonApprovalOptions } from './approval-props';

/** Properties of a `TwoPersonApprovalStep`. */
export interface TwoPersonApprovalStepProps extends TwoPersonApprovalOptions {
  /**
   * The file sets that the gate proves, if its rule has `proof`: those that are deployed after it,
   * such as the output of the synth step.
   *
   * @default - no file sets
   */
  readonly artifacts?: pipelines.IFileSetProducer[];
}

/**
 * Approvals and the gate for CDK Pipelines: give it in `pre` of a wave or of a stage. The stages of
 * a wave are one stage of the pipeline, so they share one gate.
 */
export class TwoPersonApprovalStep
  extends pipelines.Step
  implements pipelines.ICodePipelineActionFactory
{
  private readonly fileSets: pipelines.FileSet[];

  constructor(
    id: string,
    private readonly props: TwoPersonApprovalStepProps,
  ) {
    super(id);
    this.fileSets = (props.artifacts ?? []).map((producer) => {
      if (!producer.primaryOutput) {
        throw new Error(
          `an artifact of the step \`${id}\` has no primary output: give a step that has one`,
        );
      }
      return producer.primaryOutput;
    });
    for (const fileSet of this.fileSets) {
      this.addDependencyFileSet(fileSet);
    }
  }

  /** Adds the actions. CDK Pipelines calls it. */
  produceAction(
    stage: codepipeline.IStage,
    options: pipelines.ProduceActionOptions,
  ): pipelines.CodePipelineActionFactoryResult {
    TwoPersonApproval.addTo(stage, {
      ...this.props,
      runOrder: options.runOrder,
      artifacts: this.fileSets.map((each) => options.artifacts.toCodePipeline(each)),
    });
    return { runOrdersConsumed: 2 };
  }
}
