import { Annotations, Stack, Token, TokenComparison } from 'aws-cdk-lib';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';

/** A gate of a pipeline, by its names. */
export interface GateAction {
  readonly stage: string;
  readonly action: string;
  /** Whether the stage must retry all its actions if it fails. */
  readonly retries: boolean;
}

/** An action of a declaration, as far as the checks read it. */
interface DeclaredAction {
  readonly name: string;
  readonly runOrder?: number;
  readonly actionTypeId: { readonly category: string; readonly provider: string };
  readonly configuration?: { readonly [key: string]: unknown };
}

/** A stage of a declaration, as far as the checks read it. */
export interface DeclaredStage {
  readonly name: string;
  readonly actions: DeclaredAction[];
  readonly onFailure?: {
    readonly result?: string;
    readonly retryConfiguration?: { readonly retryMode?: string };
  };
}

const CHECKS = new WeakMap<codepipeline.Pipeline, PipelineCheck>();

/**
 * Checks one pipeline when it is synthesised. Earlier is too early: stages and actions may be added
 * after the gate, and CDK Pipelines makes its stages only then.
 */
export class PipelineCheck {
  /** The check of this pipeline, which is added to it the first time. */
  static of(pipeline: codepipeline.Pipeline): PipelineCheck {
    let check = CHECKS.get(pipeline);
    if (!check) {
      check = new PipelineCheck(pipeline);
      CHECKS.set(pipeline, check);
      pipeline.node.addValidation(check);
    }
    return check;
  }

  private readonly gates: GateAction[] = [];
  private selfMutationIsAccepted = false;

  private constructor(private readonly pipeline: codepipeline.Pipeline) {}

  /** The gate of a stage, if it has one. */
  gateOf(stage: string): GateAction | undefined {
    return this.gates.find((gate) => gate.stage === stage);
  }

  addGate(gate: GateAction): void {
    this.gates.push(gate);
  }

  /** Lets the pipeline change itself before its gate, and says so where people look. */
  acceptSelfMutation(reason: string): void {
    if (reason.trim() === '') {
      throw new Error(
        '`acceptSelfMutation` is empty: say why one commit may remove the gate of ' +
          `\`${this.pipeline.node.path}\``,
      );
    }
    this.selfMutationIsAccepted = true;
    declaration(this.pipeline).addMetadata('TwoPersonRule', { AcceptedSelfMutation: reason });
    Annotations.of(this.pipeline).addWarningV2(
      'two-person-rule:self-mutation',
      `This pipeline changes itself before its gate, so one commit can remove the gate: ${reason}`,
    );
  }

  /** The faults of the pipeline, each as a sentence. */
  validate(): string[] {
    const stages = declaredStages(this.pipeline);
    return [
      ...this.gates.flatMap((gate) => this.faultsOfGate(stages, gate)),
      ...this.faultsOfSelfMutation(stages),
    ];
  }

  private faultsOfGate(stages: DeclaredStage[], gate: GateAction): string[] {
    const stage = stages.find((each) => each.name === gate.stage)!;
    const order = orderOf(stage.actions.find((action) => action.name === gate.action)!);
    const faults = stage.actions
      .filter((action) => deploys(action) && orderOf(action) <= order)
      .map(
        (action) =>
          `The action \`${action.name}\` of the stage \`${stage.name}\` deploys before the gate ` +
          `\`${gate.action}\` has judged. Give it a run order above ${order}, or move it into a ` +
          'later stage. In a wave of CDK Pipelines, ask in `pre` of the wave.',
      );
    if (!gate.retries) {
      return faults;
    }
    const { result, retryConfiguration } = stage.onFailure ?? {};
    if (result !== 'RETRY' || retryConfiguration?.retryMode !== 'ALL_ACTIONS') {
      faults.push(
        `The stage \`${stage.name}\` has its own \`onFailure\`, which does not ask everybody ` +
          'again after a refusal. Retry with ALL_ACTIONS there, or give `retry: false`.',
      );
    }
    if (declaration(this.pipeline).pipelineType !== 'V2') {
      faults.push(
        `The stage \`${stage.name}\` cannot retry, because the pipeline is not of type V2. Give ` +
          'it `pipelineType: PipelineType.V2`, or give `retry: false`.',
      );
    }
    return faults;
  }

  private faultsOfSelfMutation(stages: DeclaredStage[]): string[] {
    if (this.selfMutationIsAccepted) {
      return [];
    }
    for (const stage of stages) {
      const gate = this.gateOf(stage.name);
      const judged = gate && orderOf(stage.actions.find((action) => action.name === gate.action)!);
      const changes = stage.actions.find(
        (action) =>
          this.changesPipeline(stage, action) &&
          (judged === undefined || orderOf(action) <= judged),
      );
      if (changes) {
        return [
          `The action \`${changes.name}\` of the stage \`${stage.name}\` changes the pipeline ` +
            'before two people are asked, so one commit can remove the gate. Put a gate before ' +
            'it, set `selfMutation: false` and deploy the pipeline by another one that asks two ' +
            'people, or say why it may with `acceptSelfMutation`.',
        ];
      }
      if (gate) {
        return [];
      }
    }
    return [];
  }

  private changesPipeline(stage: DeclaredStage, action: DeclaredAction): boolean {
    const provider = action.actionTypeId.provider;
    // CDK Pipelines gives these two names to its own update, and has no option to change them.
    if (stage.name === 'UpdatePipeline' && action.name === 'SelfMutate') {
      return provider === 'CodeBuild';
    }
    return provider === 'CloudFormation' && deploys(action) && this.isOwnStack(stage, action);
  }

  private isOwnStack(stage: DeclaredStage, action: DeclaredAction): boolean {
    const stack = Stack.of(this.pipeline);
    const name = JSON.stringify(action.configuration?.StackName);
    const own = [stack.resolve(stack.stackName), { Ref: 'AWS::StackName' }];
    if (!own.some((each) => JSON.stringify(each) === name)) {
      return false;
    }
    // A stack of the same name in another account or region is another stack.
    const { account, region } = this.pipeline.stages
      .find((each) => each.stageName === stage.name)!
      .actions.find((each) => each.actionProperties.actionName === action.name)!.actionProperties;
    return !isElsewhere(account, stack.account) && !isElsewhere(region, stack.region);
  }
}

/** The CloudFormation resource of a pipeline. */
export function declaration(pipeline: codepipeline.Pipeline): codepipeline.CfnPipeline {
  return pipeline.node.defaultChild as codepipeline.CfnPipeline;
}

/** Whether two accounts or regions are known to differ. */
export function isElsewhere(one: string | undefined, other: string): boolean {
  return one !== undefined && Token.compareStrings(one, other) === TokenComparison.DIFFERENT;
}

/** Whether the pipeline says that this action deploys. The same test as in `policygen doctor`. */
function deploys(action: DeclaredAction): boolean {
  const { category, provider } = action.actionTypeId;
  if (category === 'Invoke') {
    return provider === 'CodePipeline' || provider === 'StepFunctions';
  }
  // A change set that is only prepared is what people approve.
  return category === 'Deploy' && action.configuration?.ActionMode !== 'CHANGE_SET_REPLACE';
}

function declaredStages(pipeline: codepipeline.Pipeline): DeclaredStage[] {
  return Stack.of(pipeline).resolve(declaration(pipeline).stages);
}

function orderOf(action: DeclaredAction): number {
  return action.runOrder ?? 1;
}
