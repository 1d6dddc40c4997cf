import { Annotations, Stack, Token, TokenComparison } from 'aws-cdk-lib';
import type * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import {
  type DeclaredAction,
  type DeclaredPipeline,
  type DeclaredStage,
  declaration,
  declaredIn,
  deploys,
  orderOf,
} from './declared-pipeline';

/** A gate of a pipeline, by its names. */
export interface GateAction {
  readonly stage: string;
  readonly action: string;
  /** The stack of the gate: who deploys it changes the rule. */
  readonly stack: Stack;
  /** Whether the stage must retry all its actions if it fails. */
  readonly retries: boolean;
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
    const declared = declaredIn(this.pipeline);
    const missing = this.gates.filter((gate) => !placeOf(declared.Stages, gate));
    if (missing.length > 0) {
      return missing.map(
        ({ stage, action }) =>
          `The pipeline has lost the gate \`${action}\` of the stage \`${stage}\`: something ` +
          'replaced its stages or actions after the gate was added. Add the gate last.',
      );
    }
    return [
      ...this.gates.flatMap((gate) => faultsOfGate(declared, gate)),
      ...this.faultsOfOrder(declared.Stages),
      ...this.faultsOfSelfMutation(declared.Stages),
    ];
  }

  /** Whether deployments wait for a gate. Those to a test environment need not: they are named. */
  private faultsOfOrder(stages: DeclaredStage[]): string[] {
    const gated = stages.map((stage) => this.gateOf(stage.Name) !== undefined);
    const early = stages
      .slice(0, Math.max(0, gated.indexOf(true)))
      .flatMap((stage) => stage.Actions.filter(deploys).map((action) => ({ stage, action })))
      .map(({ stage, action }) => `\`${action.Name}\` of the stage \`${stage.Name}\``);
    if (early.length === 0) {
      return [];
    }
    const last = gated.lastIndexOf(true);
    const judged = orderOf(placeOf(stages, this.gateOf(stages[last]!.Name)!)!.action);
    const later = [
      ...stages[last]!.Actions.filter((action) => orderOf(action) > judged),
      ...stages.slice(last + 1).flatMap((stage) => stage.Actions),
    ];
    if (later.every(({ ActionTypeId: { Category } }) => Category === 'Approval')) {
      return [
        `Nothing waits for the gate, and without it deploys ${early.join(', ')}. Move the gate ` +
          'before that stage.',
      ];
    }
    Annotations.of(this.pipeline).addWarningV2(
      'two-person-rule:deploys-before-approvals',
      `Before two people are asked, this pipeline deploys ${early.join(', ')}. If that is not a ` +
        'test environment, move the gate before it. If it is one, acknowledge this warning for ' +
        'the stack.',
    );
    return [];
  }

  private faultsOfSelfMutation(stages: DeclaredStage[]): string[] {
    if (this.selfMutationIsAccepted) {
      return [];
    }
    for (const stage of stages) {
      const gate = this.gateOf(stage.Name);
      const judged = gate && orderOf(placeOf(stages, gate)!.action);
      const changes = stage.Actions.find(
        (action) =>
          this.changesPipeline(stage, action) &&
          (judged === undefined || orderOf(action) <= judged),
      );
      if (changes) {
        return [
          `The action \`${changes.Name}\` of the stage \`${stage.Name}\` changes the pipeline or ` +
            'its gate before two people are asked, so one commit can remove the gate. Put a gate ' +
            'before it, set `selfMutation: false` and deploy the pipeline by another one that ' +
            'asks two people, or say why it may with `acceptSelfMutation`.',
        ];
      }
      if (gate) {
        return [];
      }
    }
    return [];
  }

  private changesPipeline(stage: DeclaredStage, action: DeclaredAction): boolean {
    const provider = action.ActionTypeId.Provider;
    // CDK Pipelines gives these two names to its own update, and has no option to change them.
    if (stage.Name === 'UpdatePipeline' && action.Name === 'SelfMutate') {
      return provider === 'CodeBuild';
    }
    return provider === 'CloudFormation' && deploys(action) && this.isOwnStack(stage, action);
  }

  /** Whether an action deploys the stack of the pipeline or of a gate, or one that contains it. */
  private isOwnStack(stage: DeclaredStage, action: DeclaredAction): boolean {
    const home = Stack.of(this.pipeline);
    const name = JSON.stringify(action.Configuration?.StackName);
    // A stack of the same name in another account or region is another stack.
    const { account, region } =
      this.pipeline.stages
        .find((each) => each.stageName === stage.Name)
        ?.actions.find((each) => each.actionProperties.actionName === action.Name)
        ?.actionProperties ?? {};
    return [home, ...this.gates.map((gate) => gate.stack)].flatMap(andParents).some((stack) => {
      const own = [home.resolve(stack.stackName), stack === home && { Ref: 'AWS::StackName' }];
      return (
        own.some((each) => JSON.stringify(each) === name) &&
        !isElsewhere(account, stack.account) &&
        !isElsewhere(region, stack.region)
      );
    });
  }
}

/** The faults of the stage of a gate. */
function faultsOfGate(declared: DeclaredPipeline, gate: GateAction): string[] {
  const { stage, action } = placeOf(declared.Stages, gate)!;
  const order = orderOf(action);
  const faults = stage.Actions.filter((each) => deploys(each) && orderOf(each) <= order).map(
    (each) =>
      `The action \`${each.Name}\` of the stage \`${stage.Name}\` deploys before the gate ` +
      `\`${gate.action}\` has judged. Give it a run order above ${order}, or move it into a ` +
      'later stage. In a wave of CDK Pipelines, ask in `pre` of the wave.',
  );
  for (const [key, outcome] of [
    ['beforeEntry', stage.BeforeEntry],
    ['onFailure', stage.OnFailure],
    ['onSuccess', stage.OnSuccess],
  ] as const) {
    if ([outcome, ...(outcome?.Conditions ?? [])].some((each) => each?.Result === 'SKIP')) {
      faults.push(
        `The \`${key}\` of the stage \`${stage.Name}\` can skip the gate \`${gate.action}\`, ` +
          'and the next stage runs. Let it fail instead, or move it to a stage without approvals.',
      );
    }
  }
  if (!gate.retries) {
    return faults;
  }
  const { Result: result, RetryConfiguration: retry } = stage.OnFailure ?? {};
  if (result !== 'RETRY' || retry?.RetryMode !== 'ALL_ACTIONS') {
    faults.push(
      `The stage \`${stage.Name}\` has its own \`onFailure\`, which does not ask everybody ` +
        'again after a refusal. Retry with ALL_ACTIONS there, or give `retry: false`.',
    );
  }
  if (declared.PipelineType !== 'V2') {
    faults.push(
      `The stage \`${stage.Name}\` cannot retry, because the pipeline is not of type V2. Give ` +
        'it `pipelineType: PipelineType.V2`, or give `retry: false`.',
    );
  }
  return faults;
}

/** Whether two accounts or regions are known to differ. */
export function isElsewhere(one: string | undefined, other: string): boolean {
  return one !== undefined && Token.compareStrings(one, other) === TokenComparison.DIFFERENT;
}

/** The stage and the action of a gate, if the pipeline still has them. */
function placeOf(
  stages: DeclaredStage[],
  gate: GateAction,
): { stage: DeclaredStage; action: DeclaredAction } | undefined {
  const stage = stages.find((each) => each.Name === gate.stage);
  const action = stage?.Actions.find((each) => each.Name === gate.action);
  return stage && action && { stage, action };
}

/** A stack and those that contain it as a nested stack: who deploys them deploys it too. */
function andParents(stack: Stack): Stack[] {
  return [stack, ...(stack.nestedStackParent ? andParents(stack.nestedStackParent) : [])];
}
