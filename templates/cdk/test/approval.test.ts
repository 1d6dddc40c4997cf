import * as assert from 'node:assert/strict';
import { test } from 'node:test';
import { CfnParameter, Duration } from 'aws-cdk-lib';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as sns from 'aws-cdk-lib/aws-sns';
import {
  addTwoPersonApproval,
  RequireSignature,
  SharedRoles,
  TwoPersonApproval,
  TwoPersonGate,
  type StricterRule,
  type TwoPersonApprovalOptions,
  type TwoPersonRule,
} from 'two-person-rule-cdk';
import { assertSnapshot, bootstrap } from './kit';
import { existingGate, orders, PARAMETERS, Releases, stageOf } from './pipelines';

const EXECUTION = '#{codepipeline.PipelineExecutionId}';

/** The stage `Release` of a pipeline, with these properties and `Deploy` after it. */
function released(props: Partial<TwoPersonApprovalOptions> = {}, stack = new Releases()): any {
  addTwoPersonApproval(stack.pipeline.addStage({ stageName: 'Release' }), {
    gate: stack.gate,
    ...props,
  });
  stack.pipeline.addStage({ stageName: 'Deploy', actions: [stack.deployment()] });
  return stageOf(stack.declared(), 'Release');
}

function parameters(stage: any): any {
  return JSON.parse(stage.Actions.at(-1).Configuration.UserParameters);
}

test('the approvals are parallel, the gate is after them, and a refusal reopens them', () => {
  const stage = released();
  assert.deepEqual(
    stage.Actions.map((action: any) => [
      action.Name,
      action.RunOrder,
      action.ActionTypeId.Category,
      action.ActionTypeId.Provider,
    ]),
    [
      ['ApprovalA', 1, 'Approval', 'Manual'],
      ['ApprovalB', 1, 'Approval', 'Manual'],
      ['TwoPersonRule', 2, 'Invoke', 'Lambda'],
    ],
  );
  assert.deepEqual(parameters(stage), PARAMETERS);
  assert.deepEqual(stage.OnFailure, {
    Result: 'RETRY',
    RetryConfiguration: { RetryMode: 'ALL_ACTIONS' },
  });
});

test('the pipeline has a snapshot', () => {
  const stack = new Releases();
  addTwoPersonApproval(stack.pipeline.addStage({ stageName: 'Release' }), { gate: stack.gate });
  stack.pipeline.addStage({ stageName: 'Deploy', actions: [stack.deployment()] });
  assertSnapshot('approval', stack.declared().Properties.Stages);
});

test('the method for other languages does the same as the function', () => {
  const stack = new Releases();
  const stage = stack.pipeline.addStage({ stageName: 'Release' });
  const approval = TwoPersonApproval.addTo(stage, { gate: stack.gate });
  stack.pipeline.addStage({ stageName: 'Deploy', actions: [stack.deployment()] });
  assert.deepEqual(stageOf(stack.declared(), 'Release'), released());
  assert.equal(approval.approvals.length, 2);
});

test('a stage that has actions already is asked after them', () => {
  const stack = new Releases();
  const stage = stack.pipeline.addStage({ stageName: 'Release' });
  stage.addAction(new actions.ManualApprovalAction({ actionName: 'Budget', runOrder: 3 }));
  const { nextRunOrder } = addTwoPersonApproval(stage, { gate: stack.gate });
  stage.addAction(stack.deployment(nextRunOrder));
  assert.deepEqual(orders(stack.declared(), 'Release'), [
    ['Budget', 3],
    ['ApprovalA', 4],
    ['ApprovalB', 4],
    ['TwoPersonRule', 5],
    ['Deploy', 6],
  ]);
});

test('the stage that retries is found by its name, wherever it ends up', () => {
  const stack = new Releases();
  const release = stack.pipeline.addStage({ stageName: 'Release' });
  addTwoPersonApproval(release, { gate: stack.gate });
  stack.pipeline.addStage({
    stageName: 'Review',
    placement: { rightBefore: release },
    actions: [new actions.ManualApprovalAction({ actionName: 'Look' })],
  });
  const { Properties } = stack.declared();
  assert.deepEqual(
    Properties.Stages.map((stage: any) => [stage.Name, stage.OnFailure?.Result]),
    [
      ['Source', undefined],
      ['Review', undefined],
      ['Release', 'RETRY'],
    ],
  );
});

test('the rule of a stage becomes the parameters of the gate', () => {
  const rule: Required<StricterRule> = {
    quorum: 3,
    sharedRoles: SharedRoles.REJECT,
    requireSignature: RequireSignature.DEVICE_BOUND,
    onlyPeople: true,
    excludeInitiator: true,
    excludeAuthors: true,
    maxAgeMinutes: 120,
    handleAffixes: ['-ops'],
    notPeople: ['CodeBuild-*'],
  };
  const approvals = [{ name: 'A' }, { name: 'B' }, { name: 'C' }];
  assert.deepEqual(parameters(released({ rule, approvals })), {
    pipelineExecutionId: EXECUTION,
    actions: ['A', 'B', 'C'],
    quorum: 3,
    sharedRoles: 'reject',
    requireSignature: { deviceBound: true },
    onlyPeople: true,
    excludeInitiator: true,
    excludeAuthors: true,
    maxAgeMinutes: 120,
    handleAffixes: ['-ops'],
    notPeople: ['CodeBuild-*'],
  });
});

test('approvers are told what they approve, each on the topic of the slot', () => {
  const stack = new Releases();
  const all = new sns.Topic(stack, 'All');
  const own = new sns.Topic(stack, 'Own');
  const stage = released(
    {
      notificationTopic: all,
      approvals: [{ name: 'ApprovalA', notificationTopic: own }, { name: 'ApprovalB' }],
      subject: 'Release of #{SourceVariables.CommitId}',
      deskUrl: 'https://approve.example.com',
      timeout: Duration.hours(8),
    },
    stack,
  );
  const [a, b] = stage.Actions;
  assert.deepEqual(a.Configuration.NotificationArn, stack.resolve(own.topicArn));
  assert.deepEqual(b.Configuration.NotificationArn, stack.resolve(all.topicArn));
  assert.equal(
    a.Configuration.CustomData,
    `Release of #{SourceVariables.CommitId} in execution ${EXECUTION}. You approve that it goes ` +
      'to production, in this execution only. Somebody else must give ApprovalB; two approvals ' +
      'by one person are refused.',
  );
  for (const approval of [a, b]) {
    assert.equal(
      approval.Configuration.ExternalEntityLink,
      `https://approve.example.com/e/payments/${EXECUTION}`,
    );
    assert.equal(approval.TimeoutInMinutes, 480);
  }
});

test('without a desk the approvals link to the review', () => {
  const stage = released({ reviewUrl: 'https://example.com/changes' });
  assert.equal(stage.Actions[0].Configuration.ExternalEntityLink, 'https://example.com/changes');
});

test('the gate gets the artifacts to prove, and later actions its variables', () => {
  const stack = new Releases();
  const approval = addTwoPersonApproval(stack.pipeline.addStage({ stageName: 'Release' }), {
    gate: stack.gate,
    artifacts: [stack.source],
    variablesNamespace: 'Gate',
  });
  assert.equal(stack.resolve(approval.variable('Approvers')), '#{Gate.Approvers}');
  stack.pipeline.addStage({ stageName: 'Deploy', actions: [stack.deployment()] });
  const gate = stageOf(stack.declared(), 'Release').Actions.at(-1);
  assert.deepEqual(gate.InputArtifacts, [{ Name: 'Source' }]);
  assert.equal(gate.Namespace, 'Gate');
});

const REFUSED: [string, Partial<TwoPersonApprovalOptions>, RegExp][] = [
  ['one approval only', { approvals: [{ name: 'A' }] }, /fewer approvals \(1\) than the quorum/],
  ['fewer approvals than the quorum', { rule: { quorum: 3 } }, /approvals \(2\) than the quorum/],
  ['a quorum of one', { rule: { quorum: 1 } }, /`quorum` is 1: it must be a whole number of 2/],
  [
    'a repeated name',
    { approvals: [{ name: 'Approval' }, { name: 'approval' }] },
    /the names `Approval` and `approval`/,
  ],
  ['an approval named as the gate', { gateActionName: 'ApprovalB' }, /names `ApprovalB` and/],
  ['a desk with a path', { deskUrl: 'https://example.com/desk' }, /give the origin of the desk/],
  [
    'parameters that are too long',
    { rule: { notPeople: ['x'.repeat(1000)] } },
    /UserParameters of the gate have 1\d\d\d characters/,
  ],
  ['a value that the gate refuses', { rule: { maxAgeMinutes: 0 } }, /`rule.maxAgeMinutes`/],
  [
    'a key that no rule has',
    { rule: { quorums: 3 } as StricterRule },
    /`rule.quorums` cannot be given for a stage/,
  ],
  ['no reason for self-mutation', { acceptSelfMutation: ' ' }, /`acceptSelfMutation` is empty/],
];
for (const [what, props, message] of REFUSED) {
  test(`refused: ${what}`, () => assert.throws(() => released(props), message));
}

test('refused: a desk without the name of the pipeline', () => {
  const stack = new Releases({ pipelineName: undefined });
  const props = { deskUrl: 'https://approve.example.com' };
  assert.throws(() => released(props, stack), /give `Releases\/Pipeline` a `pipelineName`/);
});

test('refused: a name that the stage has already', () => {
  const stack = new Releases();
  const stage = stack.pipeline.addStage({ stageName: 'Release' });
  stage.addAction(new actions.ManualApprovalAction({ actionName: 'ApprovalA' }));
  assert.throws(
    () => addTwoPersonApproval(stage, { gate: stack.gate }),
    /names `ApprovalA` and `ApprovalA`/,
  );
});

test('refused: two gates in one stage', () => {
  const stack = new Releases();
  const stage = stack.pipeline.addStage({ stageName: 'Release' });
  addTwoPersonApproval(stage, { gate: stack.gate });
  assert.throws(
    () => addTwoPersonApproval(stage, { gate: stack.gate, gateActionName: 'Other' }),
    /the stage `Release` has the gate `TwoPersonRule` already/,
  );
});

test('refused: a gate in another region', () => {
  const stack = new Releases();
  const gate = existingGate(stack, 'eu-west-1');
  assert.throws(() => released({ gate }, stack), /in 111122223333\/eu-west-1.*beside the pipeline/);
});

for (const [when, runOrder] of [
  ['before the approvals', 1],
  ['between approvals and gate', 3],
  ['beside the gate', 4],
] as const) {
  test(`refused: a deployment ${when}`, () => {
    const stack = new Releases();
    const stage = stack.pipeline.addStage({ stageName: 'Release' });
    addTwoPersonApproval(stage, { gate: stack.gate, runOrder: 3 });
    stage.addAction(stack.deployment(runOrder));
    assert.throws(
      () => stack.declared(),
      /`Deploy` of the stage `Release` deploys before the gate `TwoPersonRule` has judged/,
    );
  });
}

test('a change set that is prepared beside the approvals is what they approve', () => {
  const stack = new Releases();
  const stage = stack.pipeline.addStage({ stageName: 'Release' });
  const change = { stackName: 'app', changeSetName: 'release' };
  stage.addAction(
    new actions.CloudFormationCreateReplaceChangeSetAction({
      ...change,
      actionName: 'Prepare',
      adminPermissions: false,
      templatePath: stack.source.atPath('template.json'),
    }),
  );
  const { nextRunOrder } = addTwoPersonApproval(stage, { gate: stack.gate });
  const execute = { ...change, actionName: 'Execute', runOrder: nextRunOrder };
  stage.addAction(new actions.CloudFormationExecuteChangeSetAction(execute));
  assert.deepEqual(orders(stack.declared(), 'Release').at(-1), ['Execute', 4]);
});

test('refused: a stage that retries only what failed', () => {
  const stack = new Releases();
  const stage = stack.pipeline.addStage({
    stageName: 'Release',
    onFailure: {
      result: codepipeline.Result.RETRY,
      retryMode: codepipeline.RetryMode.FAILED_ACTIONS,
    },
  });
  addTwoPersonApproval(stage, { gate: stack.gate });
  assert.throws(() => stack.declared(), /has its own `onFailure`.*Retry with ALL_ACTIONS/);
});

test('refused: a retry in a pipeline of type V1', () => {
  const stack = new Releases({ pipelineType: codepipeline.PipelineType.V1 });
  assert.throws(() => released({}, stack), /`pipelineType: PipelineType.V2`, or give `retry: f/);
});

test('without a retry a pipeline of type V1 will do', () => {
  const stack = new Releases({ pipelineType: codepipeline.PipelineType.V1 });
  assert.equal(released({ retry: false }, stack).OnFailure, undefined);
});

test('refused: a pipeline of another app', () => {
  const stack = new Releases();
  const stage = stack.pipeline.addStage({ stageName: 'Release' });
  const imported = codepipeline.Pipeline.fromPipelineArn(
    stack,
    'Imported',
    'arn:aws:codepipeline:us-east-1:111122223333:refunds',
  );
  const elsewhere = { ...stage, stageName: 'Release', pipeline: imported, actions: [] };
  assert.throws(
    () => addTwoPersonApproval(elsewhere as codepipeline.IStage, { gate: stack.gate }),
    /belongs to a pipeline that this app does not declare/,
  );
});

test('refused: a whole rule for a stage, whose `actions` would replace the approvals', () => {
  const rule: TwoPersonRule = { quorum: 2, actions: ['Look', 'LookAgain'] };
  assert.throws(() => released({ rule }), /`rule.actions` cannot be given for a stage/);
});

test('a key of the rule that is undefined is not there', () => {
  assert.deepEqual(parameters(released({ rule: { quorum: undefined } })), PARAMETERS);
});

test('a value of `requireSignature` as JSON has it is kept, not dropped', () => {
  const rule = { requireSignature: true } as unknown as StricterRule;
  assert.equal(parameters(released({ rule })).requireSignature, true);
});

test('refused: fewer approvals than the quorum of the rule of the function', () => {
  const asked = (approvals: { name: string }[]) => {
    const stack = new Releases();
    const gate = new TwoPersonGate(stack, 'Gate', { code: bootstrap(), rule: { quorum: 3 } });
    return released({ gate, approvals }, stack);
  };
  const two = [{ name: 'A' }, { name: 'B' }];
  assert.throws(() => asked(two), /approvals \(2\) than the quorum \(3\)/);
  assert.equal(asked([...two, { name: 'C' }]).Actions.length, 4);
});

test('refused: the name of an approval that only the deployment knows', () => {
  const stack = new Releases();
  const { valueAsString: name } = new CfnParameter(stack, 'Name');
  assert.throws(
    () => released({ approvals: [{ name }, { name: 'B' }] }, stack),
    /is known only at deployment: give a text/,
  );
});
