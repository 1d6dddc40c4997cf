import * as assert from 'node:assert/strict';
import { test } from 'node:test';
import { App, Aspects, Aws, NestedStack, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import {
  addTwoPersonApproval,
  type ITwoPersonGate,
  RequireApprovalBeforeSelfMutation,
  TwoPersonApprovalStep,
  TwoPersonGate,
} from 'two-person-rule-cdk';
import { bootstrap } from './kit';
import { declaredIn, ENV, orders, Releases, Service, Waves } from './pipelines';

const CHANGES = /`SelfMutate` of the stage `UpdatePipeline` changes the pipeline or its gate/;

/** A pipeline of CDK Pipelines that changes itself, and then asks. */
function selfMutating(acceptSelfMutation?: string): Waves {
  const stack = new Waves({ selfMutation: true });
  stack.pipeline.addWave('Production', {
    pre: [new TwoPersonApprovalStep('Release', { gate: stack.gate, acceptSelfMutation })],
  });
  return stack;
}

test('a pipeline that changes itself before its gate is an error without any aspect', () => {
  assert.throws(() => declaredIn(selfMutating()), CHANGES);
});

test('a gate before self-mutation is the way out that keeps it', () => {
  const stack = new Waves({ selfMutation: true });
  stack.synthStep.addStepDependency(new TwoPersonApprovalStep('Change', { gate: stack.gate }));
  stack.pipeline.addStage(new Service(stack, 'Production'));
  const pipeline = declaredIn(stack);
  assert.deepEqual(orders(pipeline, 'Build'), [
    ['ApprovalA', 1],
    ['ApprovalB', 1],
    ['TwoPersonRule', 2],
    ['Synth', 3],
  ]);
  assert.deepEqual(
    pipeline.Properties.Stages.map((stage: any) => stage.Name),
    ['Source', 'Build', 'UpdatePipeline', 'Production'],
  );
});

test('an accepted self-mutation is in the metadata and in a warning', () => {
  const stack = selfMutating('two people review each commit');
  assert.deepEqual(declaredIn(stack).Metadata.TwoPersonRule, {
    AcceptedSelfMutation: 'two people review each commit',
  });
  const warning = Match.stringLikeRegexp('changes itself.*: two people review each commit');
  Annotations.fromStack(stack).hasWarning('*', warning);
});

test('the aspect finds a pipeline whose gate somebody forgot', () => {
  const stack = new Waves({ selfMutation: true });
  stack.pipeline.addStage(new Service(stack, 'Production'));
  Aspects.of(stack.node.root).add(new RequireApprovalBeforeSelfMutation());
  assert.throws(() => declaredIn(stack), CHANGES);
});

test('the aspect takes a reason too', () => {
  const stack = new Waves({ selfMutation: true });
  stack.pipeline.addStage(new Service(stack, 'Production'));
  stack.pipeline.buildPipeline();
  RequireApprovalBeforeSelfMutation.accept(stack.pipeline.pipeline, 'a sandbox');
  Aspects.of(stack.node.root).add(new RequireApprovalBeforeSelfMutation());
  assert.equal(declaredIn(stack).Metadata.TwoPersonRule.AcceptedSelfMutation, 'a sandbox');
});

test('the aspect has nothing to say about a pipeline that does not change itself', () => {
  const stack = new Waves();
  stack.pipeline.addStage(new Service(stack, 'Production'));
  Aspects.of(stack.node.root).add(new RequireApprovalBeforeSelfMutation());
  assert.ok(declaredIn(stack));
});

/** A pipeline that deploys a stack of this name and region, and asks before or after that. */
function deploysStack(
  stackName: string,
  order: 'before' | 'after',
  region?: string,
  stack = new Releases(),
  gate: ITwoPersonGate = stack.gate,
): Releases {
  const names = order === 'before' ? ['Release', 'Update'] : ['Update', 'Release'];
  const [release, update] = names
    .map((stageName) => stack.pipeline.addStage({ stageName }))
    .sort((a, b) => a.stageName.localeCompare(b.stageName));
  addTwoPersonApproval(release, { gate });
  update.addAction(
    new actions.CloudFormationCreateUpdateStackAction({
      actionName: 'Infrastructure',
      stackName,
      region,
      adminPermissions: false,
      templatePath: stack.source.atPath('template.json'),
    }),
  );
  stack.pipeline.addStage({ stageName: 'Production', actions: [stack.deployment()] });
  return stack;
}

for (const stackName of ['Releases', Aws.STACK_NAME]) {
  const what = stackName === 'Releases' ? 'by its name' : 'by AWS::StackName';
  test(`a pipeline that deploys its own stack changes itself: ${what}`, () => {
    assert.throws(
      () => deploysStack(stackName, 'after').declared(),
      /`Infrastructure` of the stage `Update` changes the pipeline or its gate before/,
    );
    assert.ok(deploysStack(stackName, 'before').declared());
  });
}

test('another stack, or a stack of the same name elsewhere, is not the pipeline', () => {
  assert.ok(deploysStack('payments', 'after').declared());
  assert.ok(deploysStack('Releases', 'after', 'eu-west-1').declared());
});

test('a pipeline that deploys the stack of its gate changes the rule', () => {
  for (const order of ['before', 'after'] as const) {
    const app = new App();
    const gate = new TwoPersonGate(new Stack(app, 'Rule', { env: ENV }), 'Gate', {
      code: bootstrap(),
      pipelines: ['payments'],
    });
    const stack = deploysStack('Rule', order, undefined, new Releases({}, app), gate);
    if (order === 'before') {
      assert.ok(stack.declared());
    } else {
      assert.throws(() => stack.declared(), /`Infrastructure` .* changes the pipeline or its gate/);
    }
  }
});

test('a pipeline that deploys the parent of the nested stack of its gate changes it too', () => {
  for (const [stackName, refused] of [
    ['Rule', true],
    ['payments', false],
  ] as const) {
    const app = new App();
    const parent = new Stack(app, 'Rule', { env: ENV });
    const gate = new TwoPersonGate(new NestedStack(parent, 'Nested'), 'Gate', {
      code: bootstrap(),
      pipelines: ['payments'],
    });
    const stack = deploysStack(stackName, 'after', undefined, new Releases({}, app), gate);
    if (refused) {
      assert.throws(() => stack.declared(), /`Infrastructure` .* changes the pipeline or its gate/);
    } else {
      assert.ok(stack.declared());
    }
  }
});
