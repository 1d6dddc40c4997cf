import * as assert from 'node:assert/strict';
import { test } from 'node:test';
import { Aspects, Aws } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import {
  addTwoPersonApproval,
  RequireApprovalBeforeSelfMutation,
  TwoPersonApprovalStep,
} from 'two-person-rule-cdk';
import { declaredIn, orders, Releases, Service, Waves } from './pipelines';

const CHANGES = /`SelfMutate` of the stage `UpdatePipeline` changes the pipeline before two people/;

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
function deploysStack(stackName: string, order: 'before' | 'after', region?: string): Releases {
  const stack = new Releases();
  const names = order === 'before' ? ['Release', 'Update'] : ['Update', 'Release'];
  const [release, update] = names
    .map((stageName) => stack.pipeline.addStage({ stageName }))
    .sort((a, b) => a.stageName.localeCompare(b.stageName));
  addTwoPersonApproval(release, { gate: stack.gate });
  update.addAction(
    new actions.CloudFormationCreateUpdateStackAction({
      actionName: 'Infrastructure',
      stackName,
      region,
      adminPermissions: false,
      templatePath: stack.source.atPath('template.json'),
    }),
  );
  return stack;
}

for (const stackName of ['Releases', Aws.STACK_NAME]) {
  const what = stackName === 'Releases' ? 'by its name' : 'by AWS::StackName';
  test(`a pipeline that deploys its own stack changes itself: ${what}`, () => {
    assert.throws(
      () => deploysStack(stackName, 'after').declared(),
      /`Infrastructure` of the stage `Update` changes the pipeline before two people are asked/,
    );
    assert.ok(deploysStack(stackName, 'before').declared());
  });
}

test('another stack, or a stack of the same name elsewhere, is not the pipeline', () => {
  assert.ok(deploysStack('payments', 'after').declared());
  assert.ok(deploysStack('Releases', 'after', 'eu-west-1').declared());
});
