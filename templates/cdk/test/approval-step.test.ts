import * as assert from 'node:assert/strict';
import { test } from 'node:test';
import * as pipelines from 'aws-cdk-lib/pipelines';
import { TwoPersonApprovalStep } from 'two-person-rule-cdk';
import { assertSnapshot } from './kit';
import { declaredIn, orders, PARAMETERS, Service, stageOf, Waves } from './pipelines';

const GATED = [
  ['ApprovalA', 1],
  ['ApprovalB', 1],
  ['TwoPersonRule', 2],
];

test('a wave deploys nothing before its gate', () => {
  const stack = new Waves();
  const wave = stack.pipeline.addWave('Production', {
    pre: [new TwoPersonApprovalStep('Release', { gate: stack.gate })],
  });
  wave.addStage(new Service(stack, 'First'));
  wave.addStage(new Service(stack, 'Second'));
  const pipeline = declaredIn(stack);
  assert.deepEqual(orders(pipeline, 'Production'), [
    ...GATED,
    ['First.App.Prepare', 3],
    ['Second.App.Prepare', 3],
    ['First.App.Deploy', 4],
    ['Second.App.Deploy', 4],
  ]);
  const stage = stageOf(pipeline, 'Production');
  assert.deepEqual(JSON.parse(stage.Actions[2].Configuration.UserParameters), PARAMETERS);
  assert.equal(stage.OnFailure.RetryConfiguration.RetryMode, 'ALL_ACTIONS');
  assertSnapshot('approval-step', stage);
});

test('a stage that is alone in its wave deploys nothing before its gate', () => {
  const stack = new Waves();
  stack.pipeline.addStage(new Service(stack, 'Production'), {
    pre: [new TwoPersonApprovalStep('Release', { gate: stack.gate })],
  });
  assert.deepEqual(orders(declaredIn(stack), 'Production'), [
    ...GATED,
    ['App.Prepare', 3],
    ['App.Deploy', 4],
  ]);
});

test('a wave without stages is an approval stage that repeats no deployment', () => {
  const stack = new Waves();
  const step = new TwoPersonApprovalStep('Release', { gate: stack.gate });
  stack.pipeline.addWave('Release', { pre: [step] });
  stack.pipeline.addStage(new Service(stack, 'Production'));
  const pipeline = declaredIn(stack);
  assert.deepEqual(orders(pipeline, 'Release'), GATED);
  assert.deepEqual(
    pipeline.Properties.Stages.map((stage: any) => [stage.Name, stage.OnFailure?.Result]),
    [
      ['Source', undefined],
      ['Build', undefined],
      ['Release', 'RETRY'],
      ['Production', undefined],
    ],
  );
});

test('each wave has its own gate, in the stage that CDK names after a stage that is alone', () => {
  const stack = new Waves();
  for (const name of ['Europe', 'America']) {
    const step = new TwoPersonApprovalStep('Release', { gate: stack.gate });
    stack.pipeline.addWave(`In${name}`, { pre: [step] }).addStage(new Service(stack, name));
  }
  const pipeline = declaredIn(stack);
  for (const name of ['Europe', 'America']) {
    assert.deepEqual(orders(pipeline, name).slice(0, 3), GATED);
  }
});

test('people see the change set before they approve, if the step is between', () => {
  const stack = new Waves();
  const service = new Service(stack, 'Production');
  const [app] = service.node.children;
  stack.pipeline.addStage(service, {
    stackSteps: [
      {
        stack: app as any,
        changeSet: [new TwoPersonApprovalStep('Release', { gate: stack.gate })],
      },
    ],
  });
  assert.deepEqual(orders(declaredIn(stack), 'Production'), [
    ['Prepare', 1],
    ['ApprovalA', 2],
    ['ApprovalB', 2],
    ['TwoPersonRule', 3],
    ['Deploy', 4],
  ]);
});

test('the gate gets the file sets to prove', () => {
  const stack = new Waves();
  const step = new TwoPersonApprovalStep('Release', {
    gate: stack.gate,
    artifacts: [stack.synthStep],
  });
  stack.pipeline.addWave('Release', { pre: [step] });
  stack.pipeline.addStage(new Service(stack, 'Production'));
  const pipeline = declaredIn(stack);
  assert.deepEqual(
    stageOf(pipeline, 'Release').Actions[2].InputArtifacts,
    stageOf(pipeline, 'Build').Actions[0].OutputArtifacts,
  );
});

test('refused: a step without an output as an artifact', () => {
  const stack = new Waves();
  const artifacts = [new pipelines.ManualApprovalStep('Look')];
  assert.throws(
    () => new TwoPersonApprovalStep('Release', { gate: stack.gate, artifacts }),
    /an artifact of the step `Release` has no primary output/,
  );
});

/** A wave that asks before one of its two stages. */
function asksBeforeOne(useChangeSets: boolean): Waves {
  const stack = new Waves({ useChangeSets });
  const wave = stack.pipeline.addWave('Production');
  wave.addStage(new Service(stack, 'First'), {
    pre: [new TwoPersonApprovalStep('Release', { gate: stack.gate })],
  });
  wave.addStage(new Service(stack, 'Second'));
  return stack;
}

test('a stage beside the one that asks prepares its change set, and waits for the gate too', () => {
  assert.deepEqual(orders(declaredIn(asksBeforeOne(true)), 'Production'), [
    ['Second.App.Prepare', 1],
    ...GATED,
    ['Second.App.Deploy', 3],
    ['First.App.Prepare', 3],
    ['First.App.Deploy', 4],
  ]);
});

test('refused: a stage that does not wait for the gate of the stage beside it', () => {
  assert.throws(
    () => declaredIn(asksBeforeOne(false)),
    /`Second.App.Deploy` of the stage `Production` deploys before.*ask in `pre` of the wave/,
  );
});

test('refused: a gate for each stage of a wave', () => {
  const stack = new Waves();
  const wave = stack.pipeline.addWave('Production');
  for (const id of ['First', 'Second']) {
    wave.addStage(new Service(stack, id), {
      pre: [new TwoPersonApprovalStep(`Release${id}`, { gate: stack.gate })],
    });
  }
  assert.throws(() => declaredIn(stack), /has the gate `TwoPersonRule` already/);
});

test('refused: the gate after the deployment', () => {
  const stack = new Waves();
  stack.pipeline.addStage(new Service(stack, 'Production'), {
    post: [new TwoPersonApprovalStep('Release', { gate: stack.gate })],
  });
  assert.throws(() => declaredIn(stack), /`App.Deploy` of the stage `Production` deploys before/);
});
