import * as assert from 'node:assert/strict';
import { test } from 'node:test';
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline';
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { TwoPersonGate, type TwoPersonGateProps } from 'two-person-rule-cdk';
import { bootstrap, newStack, only, template } from './kit';

const SEE_APPROVALS = [
  'codepipeline:ListActionExecutions',
  'codepipeline:GetPipelineState',
  'codepipeline:GetPipelineExecution',
];

function newGate(stack: Stack, props: Partial<TwoPersonGateProps> = {}): TwoPersonGate {
  return new TwoPersonGate(stack, 'Gate', {
    code: bootstrap(),
    pipelines: ['payments'],
    ...props,
  });
}

/** A pipeline whose first stage fetches, and whose second one has the given action. */
function newPipeline(stack: Stack, release: codepipeline.IAction): codepipeline.Pipeline {
  const bucket = new s3.Bucket(stack, 'Source', { versioned: true });
  return new codepipeline.Pipeline(stack, 'Pipeline', {
    crossAccountKeys: false,
    pipelineType: codepipeline.PipelineType.V2,
    stages: [
      {
        stageName: 'Source',
        actions: [
          new actions.S3SourceAction({
            actionName: 'Fetch',
            bucket,
            bucketKey: 'source.zip',
            output: new codepipeline.Artifact(),
            trigger: actions.S3Trigger.NONE,
          }),
        ],
      },
      { stageName: 'Release', actions: [release] },
    ],
  });
}

test('the function waits for the permissions that it needs', () => {
  const stack = newStack();
  newGate(stack);
  const [[policy]] = Object.entries(
    Template.fromStack(stack).findResources('AWS::IAM::ManagedPolicy'),
  ) as [[string, unknown]];
  Template.fromStack(stack).hasResource('AWS::Lambda::Function', {
    DependsOn: Match.arrayWith([policy]),
  });
});

test('the gate may use the keys of the buckets for proofs and artifacts', () => {
  const stack = newStack();
  const [store, artifacts] = ['Proofs', 'Artifacts'].map(
    (id) => new s3.Bucket(stack, id, { encryption: s3.BucketEncryption.KMS }),
  ) as [s3.Bucket, s3.Bucket];
  newGate(stack, { proof: { store, artifacts } });
  const { Statement } = only(stack, 'AWS::IAM::Policy').PolicyDocument;
  const ofKeys = Statement.filter(({ Sid }: any) => /crypt/.test(Sid));
  assert.deepEqual(
    ofKeys.map(({ Action, Resource }: any) => [Action, Resource]),
    [
      ['kms:GenerateDataKey', stack.resolve(store.encryptionKey!.keyArn)],
      ['kms:Decrypt', stack.resolve(artifacts.encryptionKey!.keyArn)],
    ],
  );
});

test('nothing in an app widens the role', () => {
  const stack = newStack();
  const gate = newGate(stack);
  const more = new iam.PolicyStatement({ actions: ['iam:*'], resources: ['*'] });
  gate.gateFunction.addToRolePolicy(more);
  gate.role.addToPrincipalPolicy(more);
  const bucket = s3.Bucket.fromBucketName(stack, 'Other', 'other');
  for (const grantee of [gate.gateFunction, gate.role]) bucket.grantReadWrite(grantee);
  Template.fromStack(stack).resourceCountIs('AWS::IAM::Policy', 0);
});

test('a pipeline of the same stack is read without a circle', () => {
  const stack = newStack();
  const gate = newGate(stack, { pipelines: undefined });
  const pipeline = newPipeline(
    stack,
    new actions.LambdaInvokeAction({ actionName: 'Gate', lambda: gate.gateFunction }),
  );
  gate.addPipeline(pipeline);
  gate.addPipeline(pipeline);
  // `Template` refuses a template with a circle.
  const read = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy')).filter(
    ({ Properties }) => JSON.stringify(Properties).includes('SeeApprovals'),
  );
  assert.equal(read.length, 1);
  assert.deepEqual(read[0]!.Properties.PolicyDocument.Statement[0].Action, SEE_APPROVALS);
});

test('a pipeline of another stack is read from that stack', () => {
  const app = new App();
  const env = { account: '111122223333', region: 'us-east-1' };
  const gate = newGate(new Stack(app, 'GateStack', { env }), { pipelines: undefined });
  const stack = new Stack(app, 'PipelineStack', { env });
  gate.addPipeline(
    newPipeline(
      stack,
      new actions.LambdaInvokeAction({ actionName: 'Gate', lambda: gate.gateFunction }),
    ),
  );
  Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: { Statement: [Match.objectLike({ Sid: 'SeeApprovals' })] },
  });
});

test('a gate that may read no pipeline is refused', () => {
  const stack = newStack();
  newGate(stack, { pipelines: [] });
  assert.throws(() => template(stack), /\[Stack\/Gate\] the gate may read no pipeline/);
});

test('a pipeline that cannot be is refused', () => {
  const arn = 'arn:aws:codepipeline:us-east-1:111122223333:payments';
  assert.throws(() => newGate(newStack(), { pipelines: [arn] }), /`pipelines` is `arn:aws:code/);
});

test('a gate of another account and region says where it is', () => {
  const arn = 'arn:aws:lambda:eu-west-1:444455556666:function:two-person-rule-gate';
  const { env } = TwoPersonGate.fromFunctionArn(newStack(), 'Gate', arn);
  assert.deepEqual([env.account, env.region], ['444455556666', 'eu-west-1']);
});

test('a rule beside a layer is refused', () => {
  const stack = newStack();
  const arn = 'arn:aws:lambda:us-east-1:111122223333:layer:rule:7';
  const ruleLayer = lambda.LayerVersion.fromLayerVersionArn(stack, 'Layer', arn);
  newGate(stack, { ruleLayer, rule: { quorum: 3 } });
  assert.throws(() => template(stack), /`rule` and `ruleLayer` are two rules/);
});

test('a gate of another app grants to invoke it, and reads nothing', () => {
  for (const find of [
    (stack: Stack) => TwoPersonGate.fromFunctionName(stack, 'Gate', 'two-person-rule-gate'),
    (stack: Stack) =>
      TwoPersonGate.fromFunctionArn(
        stack,
        'Gate',
        'arn:aws:lambda:us-east-1:111122223333:function:two-person-rule-gate',
      ),
  ]) {
    const stack = newStack();
    const role = new iam.Role(stack, 'Role', {
      assumedBy: new iam.ServicePrincipal('codepipeline.amazonaws.com'),
    });
    find(stack).grantInvoke(role);
    const [statement] = only(stack, 'AWS::IAM::Policy').PolicyDocument.Statement;
    assert.equal(statement.Action, 'lambda:InvokeFunction');
    assert.match(JSON.stringify(statement.Resource), /:function:two-person-rule-gate"/);
  }
});

test('metrics are those that the gate writes', () => {
  const gate = newGate(newStack());
  const written = (metric: { namespace: string; metricName: string; dimensions?: object }) => [
    metric.namespace,
    metric.metricName,
    { ...metric.dimensions },
  ];
  assert.deepEqual(
    [
      gate.metricSatisfied(),
      gate.metricUnsatisfied(),
      gate.metricRefusedFor('same-person'),
      gate.metricUndecided(),
      gate.metricTimeToApprove('payments'),
    ].map(written),
    [
      ['TwoPersonRule', 'Decisions', { Verdict: 'satisfied' }],
      ['TwoPersonRule', 'Decisions', { Verdict: 'unsatisfied' }],
      ['TwoPersonRule', 'Decisions', { Verdict: 'unsatisfied', Reason: 'same-person' }],
      ['TwoPersonRule', 'Decisions', { Verdict: 'none' }],
      ['TwoPersonRule', 'TimeToApprove', { Pipeline: 'payments' }],
    ],
  );
});
