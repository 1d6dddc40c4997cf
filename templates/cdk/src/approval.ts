import { Lazy, Stack, Token } from 'aws-cdk-lib';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import type { Construct } from 'constructs';
import type { ApprovalSlot, StricterRule, TwoPersonApprovalProps } from './approval-props';
import { declaration } from './declared-pipeline';
import { TwoPersonGate } from './gate';
import { isElsewhere, PipelineCheck } from './pipeline-check';
import { schemaProblems, written } from './rule-check';

/** The longest UserParameters that CodePipeline accepts (CodePipeline User Guide, "Lambda"). */
const MAX_USER_PARAMETERS = 1000;
const DEFAULT_APPROVALS: ApprovalSlot[] = [{ name: 'ApprovalA' }, { name: 'ApprovalB' }];

/** The approvals of one stage and the gate that judges them. */
export class TwoPersonApproval {
  /**
   * Adds approvals to a stage, in parallel, and the gate after them. The stage may have actions
   * already, but none that deploys: what is deployed belongs after the gate.
   */
  static addTo(stage: codepipeline.IStage, props: TwoPersonApprovalProps): TwoPersonApproval {
    return new TwoPersonApproval(stage, props);
  }

  /** The approvals, in the order of the properties. */
  readonly approvals: actions.ManualApprovalAction[];
  /** The action that runs the gate. */
  readonly gateAction: actions.LambdaInvokeAction;
  /** The least run order of actions in this stage that wait for the gate. */
  readonly nextRunOrder: number;

  private constructor(stage: codepipeline.IStage, props: TwoPersonApprovalProps) {
    const pipeline = pipelineOf(stage);
    const slots = props.approvals ?? DEFAULT_APPROVALS;
    const gateName = props.gateActionName ?? 'TwoPersonRule';
    const retries = props.retry ?? true;
    const check = PipelineCheck.of(pipeline);
    const order = props.runOrder ?? 1 + Math.max(0, ...stage.actions.map(orderOf));

    const twice = check.gateOf(stage.stageName);
    if (twice) {
      throw new Error(
        `the stage \`${stage.stageName}\` has the gate \`${twice.action}\` already: a stage asks ` +
          'once, so use another stage, or `pre` of the wave instead of its stages',
      );
    }
    checkRule(pipeline, props.rule);
    checkQuorum(slots, props);
    checkNames([...slots.map((slot) => slot.name), gateName], stage.actions.map(nameOf));
    const { account, region } = props.gate.gateFunction.env;
    if (isElsewhere(account, pipeline.env.account) || isElsewhere(region, pipeline.env.region)) {
      throw new Error(
        `the gate \`${props.gate.node.path}\` is in ${account}/${region}, and the pipeline in ` +
          `${pipeline.env.account}/${pipeline.env.region}: deploy a gate beside the pipeline`,
      );
    }

    const link = linkOf(pipeline, props);
    this.approvals = slots.map(
      (slot) =>
        new actions.ManualApprovalAction({
          actionName: slot.name,
          runOrder: order,
          notificationTopic: slot.notificationTopic ?? props.notificationTopic,
          notifyEmails: slot.notifyEmails,
          additionalInformation: information(slot, slots, props.subject ?? 'Release'),
          externalEntityLink: link,
          timeout: props.timeout,
        }),
    );
    this.gateAction = new actions.LambdaInvokeAction({
      actionName: gateName,
      runOrder: order + 1,
      lambda: props.gate.gateFunction,
      userParametersString: userParameters(slots, props.rule),
      inputs: props.artifacts,
      variablesNamespace: props.variablesNamespace,
    });
    this.nextRunOrder = order + 2;
    for (const action of [...this.approvals, this.gateAction]) {
      stage.addAction(action);
    }
    props.gate.addPipeline(pipeline);
    check.addGate({
      stage: stage.stageName,
      action: gateName,
      stack: Stack.of(props.gate),
      retries,
    });
    if (retries) {
      retryWholeStage(pipeline, stage.stageName);
    }
    if (props.acceptSelfMutation !== undefined) {
      check.acceptSelfMutation(props.acceptSelfMutation);
    }
  }

  /**
   * An output variable of the gate for later actions, such as `Approvers`, `ApproverCount` or
   * `Proof`.
   */
  variable(name: string): string {
    return this.gateAction.variable(name);
  }
}

/**
 * Adds approvals to a stage, in parallel, and the gate after them: `TwoPersonApproval.addTo` as a
 * function.
 */
export function addTwoPersonApproval(
  stage: codepipeline.IStage,
  props: TwoPersonApprovalProps,
): TwoPersonApproval {
  return TwoPersonApproval.addTo(stage, props);
}

function pipelineOf(stage: codepipeline.IStage): codepipeline.Pipeline {
  if (stage.pipeline instanceof codepipeline.Pipeline) {
    return stage.pipeline;
  }
  throw new Error(
    `the stage \`${stage.stageName}\` belongs to a pipeline that this app does not declare: add ` +
      'the approvals where the pipeline is declared',
  );
}

/** All keys of `StricterRule`: a key that is not here does not compile. */
const STRICTER: { [key in keyof Required<StricterRule>]: true } = {
  quorum: true,
  sharedRoles: true,
  requireSignature: true,
  onlyPeople: true,
  excludeInitiator: true,
  excludeAuthors: true,
  maxAgeMinutes: true,
  handleAffixes: true,
  notPeople: true,
};

/**
 * Refuses what the types do not keep out: a whole `TwoPersonRule` is a `StricterRule` to
 * TypeScript, and its `actions` would replace those of the stage.
 */
function checkRule(scope: Construct, rule: StricterRule = {}): void {
  const given = written(rule);
  const [other] = Object.keys(given).filter((key) => !Object.hasOwn(STRICTER, key));
  if (other !== undefined) {
    throw new Error(
      `\`rule.${other}\` cannot be given for a stage, so the gate would refuse every release: ` +
        'give it in the rule of the function',
    );
  }
  const { quorum: _, ...rest } = given;
  const [problem] = schemaProblems(scope, rest);
  if (problem !== undefined) {
    throw new Error(`${problem}, so the gate would refuse every release: correct it`);
  }
}

function checkQuorum(slots: ApprovalSlot[], { gate, rule }: TwoPersonApprovalProps): void {
  const wanted = rule?.quorum ?? 2;
  if (!Number.isInteger(wanted) || wanted < 2) {
    throw new Error(`\`quorum\` is ${wanted}: it must be a whole number of 2 or more`);
  }
  const quorum = Math.max(wanted, gate instanceof TwoPersonGate ? gate._quorum : 2);
  if (slots.length < quorum) {
    throw new Error(
      `there are fewer approvals (${slots.length}) than the quorum (${quorum}), so no release ` +
        'could pass: add approvals, one for each person',
    );
  }
}

/** Refuses names that differ from one another or from `others` only in case. */
function checkNames(names: string[], others: string[]): void {
  names.forEach((name, index) => {
    if (Token.isUnresolved(name)) {
      throw new Error(`the name \`${name}\` of an action is known only at deployment: give a text`);
    }
    const taken = [...others, ...names.slice(0, index)];
    // People read two names that differ only in case as one.
    const before = taken.find((other) => other.toLowerCase() === name.toLowerCase());
    if (before !== undefined) {
      throw new Error(
        `two actions of the stage have the names \`${before}\` and \`${name}\`: each action ` +
          'needs a name of its own, in any case',
      );
    }
  });
}

function linkOf(
  pipeline: codepipeline.Pipeline,
  { deskUrl, reviewUrl }: TwoPersonApprovalProps,
): string | undefined {
  if (deskUrl === undefined) {
    return reviewUrl;
  }
  if (!Token.isUnresolved(deskUrl) && !/^https?:\/\/[^/]+$/.test(deskUrl)) {
    throw new Error(
      `\`deskUrl\` is \`${deskUrl}\`: give the origin of the desk, such as ` +
        '`https://approve.example.com`',
    );
  }
  const { name } = declaration(pipeline);
  if (Stack.of(pipeline).resolve(name) === undefined) {
    throw new Error(
      '`deskUrl` needs the name of the pipeline, which a template cannot refer to in the ' +
        `pipeline itself: give \`${pipeline.node.path}\` a \`pipelineName\``,
    );
  }
  return `${deskUrl}/e/${name}/${codepipeline.GlobalVariables.executionId}`;
}

/** What CodePipeline shows to the approvers of a slot. */
function information(slot: ApprovalSlot, slots: ApprovalSlot[], subject: string): string {
  const others = slots.filter((other) => other !== slot).map((other) => other.name);
  return (
    `${subject} in execution ${codepipeline.GlobalVariables.executionId}. You approve that it ` +
    `goes to production, in this execution only. Somebody else must give ${others.join(', ')}; ` +
    'two approvals by one person are refused.'
  );
}

function userParameters(slots: ApprovalSlot[], rule: StricterRule = {}): string {
  const text = JSON.stringify({
    // The gate compares it with its own job, and needs it if CodePipeline does not tell the job.
    pipelineExecutionId: codepipeline.GlobalVariables.executionId,
    // With the names, the gate notices if somebody removes an approval from the pipeline.
    actions: slots.map((slot) => slot.name),
    ...written(rule),
  });
  if (text.length > MAX_USER_PARAMETERS) {
    throw new Error(
      `the UserParameters of the gate have ${text.length} characters, and CodePipeline takes ` +
        `${MAX_USER_PARAMETERS}: put long lists into the rule of the function`,
    );
  }
  return text;
}

/**
 * Makes the stage retry all its actions if it fails. `StageProps.onFailure` does that only for a
 * stage that is yet to be made, and CDK has no way to set it later. So the declaration that CDK
 * renders is completed, by the name of the stage: its position may still change.
 */
function retryWholeStage(pipeline: codepipeline.Pipeline, name: string): void {
  const resource = declaration(pipeline);
  const rendered = resource.stages;
  const onFailure = { result: 'RETRY', retryConfiguration: { retryMode: 'ALL_ACTIONS' } };
  resource.stages = Lazy.uncachedAny({
    produce: (context) =>
      context
        .resolve(rendered)
        .map((stage: { name: string }) => (stage.name === name ? { onFailure, ...stage } : stage)),
  });
}

function nameOf(action: codepipeline.IAction): string {
  return action.actionProperties.actionName;
}

function orderOf(action: codepipeline.IAction): number {
  return action.actionProperties.runOrder ?? 1;
}
