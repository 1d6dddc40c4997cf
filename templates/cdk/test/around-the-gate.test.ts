import * as assert from 'node:assert/strict';
import { test } from 'node:test';
import { Annotations } from 'aws-cdk-lib';
import { Annotations as Found, Match } from 'aws-cdk-lib/assertions';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import { addTwoPersonApproval } from 'two-person-rule-cdk';
import { Releases, stageOf } from './pipelines';

test('other actions of the stage may have names that differ only in case', () => {
  const stack = new Releases();
  const stage = stack.pipeline.addStage({ stageName: 'Release' });
  for (const actionName of ['Look', 'look']) {
    stage.addAction(new actions.ManualApprovalAction({ actionName }));
  }
  addTwoPersonApproval(stage, { gate: stack.gate });
  assert.equal(stageOf(stack.declared(), 'Release').Actions.length, 5);
});

const SKIP = codepipeline.Result.SKIP;
const rules = [new codepipeline.Rule({ name: 'OfficeHours', provider: 'DeploymentWindow' })];
const SKIPPABLE: [string, Partial<codepipeline.StageProps>, RegExp][] = [
  [
    'if a condition on entry is not met',
    { beforeEntry: { conditions: [{ result: SKIP, rules }] } },
    /The `beforeEntry` of the stage `Release` can skip the gate `TwoPersonRule`/,
  ],
  ['if it fails', { onFailure: { result: SKIP } }, /The `onFailure` .* can skip the gate/],
  [
    'if a condition on failure is not met',
    { onFailure: { result: codepipeline.Result.FAIL, conditions: [{ result: SKIP, rules }] } },
    /The `onFailure` .* can skip the gate/,
  ],
];
for (const [when, props, message] of SKIPPABLE) {
  test(`refused: a stage that is skipped with its gate ${when}`, () => {
    const stack = new Releases();
    const stage = stack.pipeline.addStage({ stageName: 'Release', ...props });
    addTwoPersonApproval(stage, { gate: stack.gate, retry: false });
    assert.throws(() => stack.declared(), message);
  });
}

test('a condition on entry that fails the stage is no way around the gate', () => {
  const stack = new Releases();
  const conditions = [{ result: codepipeline.Result.FAIL, rules }];
  const stage = stack.pipeline.addStage({ stageName: 'Release', beforeEntry: { conditions } });
  addTwoPersonApproval(stage, { gate: stack.gate });
  assert.ok(stageOf(stack.declared(), 'Release').BeforeEntry);
});

/** A pipeline that asks and then deploys, and its resource, for escape hatches. */
function withHatch(): [Releases, codepipeline.CfnPipeline] {
  const stack = new Releases();
  const stage = stack.pipeline.addStage({ stageName: 'Release' });
  const { nextRunOrder } = addTwoPersonApproval(stage, { gate: stack.gate });
  stage.addAction(stack.deployment(nextRunOrder));
  return [stack, stack.pipeline.node.defaultChild as codepipeline.CfnPipeline];
}

test('refused: what an escape hatch changes is what is checked', () => {
  const [early, first] = withHatch();
  first.addPropertyOverride('Stages.1.Actions.3.RunOrder', 2);
  assert.throws(() => early.declared(), /`Deploy` of the stage `Release` deploys before the gate/);

  const [skipped, second] = withHatch();
  second.addPropertyOverride('Stages.1.BeforeEntry.Conditions', [{ Result: 'SKIP' }]);
  assert.throws(() => skipped.declared(), /`beforeEntry` of the stage `Release` can skip the gate/);

  const [older, third] = withHatch();
  third.addPropertyOverride('PipelineType', 'V1');
  assert.throws(() => older.declared(), /cannot retry, because the pipeline is not of type V2/);
});

test('refused: a pipeline that has lost its gate', () => {
  const [stack, resource] = withHatch();
  resource.addPropertyOverride('Stages.1.Actions.2.Name', 'SomethingElse');
  assert.throws(() => stack.declared(), /lost the gate `TwoPersonRule` of the stage `Release`/);
  const [other, replaced] = withHatch();
  replaced.stages = [];
  assert.throws(() => other.declared(), /lost the gate `TwoPersonRule` of the stage `Release`/);
});

type Later = (stack: Releases) => codepipeline.IAction[];

/** A pipeline that deploys, asks, and then has these actions in the stage `Production`. */
function deploysFirst(later: Later = () => []): Releases {
  const stack = new Releases();
  const release = stack.pipeline.addStage({ stageName: 'Release' });
  addTwoPersonApproval(release, { gate: stack.gate });
  // Later in the program, and earlier in the pipeline.
  stack.pipeline.addStage({
    stageName: 'Test',
    placement: { rightBefore: release },
    actions: [stack.deployment(1, 'DeployTest')],
  });
  const actions = later(stack);
  if (actions.length > 0) {
    stack.pipeline.addStage({ stageName: 'Production', actions });
  }
  return stack;
}

test('refused: a gate that nothing waits for', () => {
  const message = /Nothing waits for the gate, and without it deploys `DeployTest` of/;
  assert.throws(() => deploysFirst().declared(), message);
  const look = new actions.ManualApprovalAction({ actionName: 'Look' });
  assert.throws(() => deploysFirst(() => [look]).declared(), message);
});

test('a deployment in a stage before the approvals is a warning that can be acknowledged', () => {
  const warning = Match.stringLikeRegexp('this pipeline deploys `DeployTest` of the stage `Test`');
  const stack = deploysFirst((releases) => [releases.deployment()]);
  stack.declared();
  Found.fromStack(stack).hasWarning('*', warning);

  const [gated] = withHatch();
  gated.declared();
  Found.fromStack(gated).hasNoWarning('*', Match.stringLikeRegexp('Before two people'));

  const accepted = deploysFirst((releases) => [releases.deployment()]);
  Annotations.of(accepted).acknowledgeWarning(
    'two-person-rule:deploys-before-approvals',
    'a test environment',
  );
  accepted.declared();
  Found.fromStack(accepted).hasNoWarning('*', warning);
});
