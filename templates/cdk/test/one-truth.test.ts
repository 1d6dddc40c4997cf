import { test } from 'node:test';
import { Stack } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import {
  SharedRoles,
  TwoPersonDashboard,
  TwoPersonGate,
  type TwoPersonGateProps,
} from 'two-person-rule-cdk';
import { load, resources } from './cloudformation';
import { bootstrap, newStack, template } from './kit';
import { assertSame } from './same';

const KEY = 'arn:aws:kms:us-east-1:111122223333:key/aaaaaaaa-0000-0000-0000-000000000000';
const PROOF_KEY = 'arn:aws:kms:us-east-1:111122223333:key/bbbbbbbb-0000-0000-0000-000000000000';
const ARTIFACT_KEY = 'arn:aws:kms:us-east-1:111122223333:key/cccccccc-0000-0000-0000-000000000000';
const TOPIC = 'arn:aws:sns:us-east-1:111122223333:alarms';
const LAYER = 'arn:aws:lambda:us-east-1:111122223333:layer:rule:7';

/** Settings of gate.yaml, and the properties that mean the same. */
const CASES: [
  string,
  { [parameter: string]: unknown },
  (stack: Stack) => Partial<TwoPersonGateProps>,
][] = [
  ['defaults', {}, () => ({})],
  [
    'names, processor and concurrency',
    {
      FunctionName: 'gate',
      RoleName: 'Gate',
      Architecture: 'x86_64',
      ReservedConcurrency: -1,
      LogRetentionDays: 3653,
    },
    () => ({
      functionName: 'gate',
      roleName: 'Gate',
      architecture: lambda.Architecture.X86_64,
      reservedConcurrency: -1,
      logRetention: logs.RetentionDays.TEN_YEARS,
    }),
  ],
  ['a queue without a key', { KeepLostEvents: 'true' }, () => ({ keepLostEvents: true })],
  [
    'a key, a queue and trusted roles',
    { KmsKeyArn: KEY, KeepLostEvents: 'true', TrustedSessionRoles: 'One,Two' },
    (stack) => ({
      encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY),
      keepLostEvents: true,
      rule: { trustedSessionRoles: ['One', 'Two'] },
    }),
  ],
  [
    'a rule',
    {
      TwoPersonRule:
        '{"excludeInitiator":true,"quorum":3,"sharedRoles":"collapse","actions":["A","B","C"]}',
    },
    () => ({
      rule: { quorum: 3, sharedRoles: SharedRoles.COLLAPSE, actions: ['A', 'B', 'C'] },
    }),
  ],
  [
    'a layer',
    { RuleLayer: LAYER },
    (stack) => ({ ruleLayer: lambda.LayerVersion.fromLayerVersionArn(stack, 'Layer', LAYER) }),
  ],
  [
    'proofs with a new key',
    { ProofStore: 's3://proofs', ArtifactBucket: 'artifacts' },
    (stack) => ({
      proof: {
        store: s3.Bucket.fromBucketName(stack, 'Proofs', 'proofs'),
        artifacts: s3.Bucket.fromBucketName(stack, 'Artifacts', 'artifacts'),
      },
    }),
  ],
  [
    'proofs with keys, a prefix and an environment',
    {
      ProofStore: 's3://proofs/team/a',
      ProofEnvironment: 'live',
      ArtifactBucket: 'artifacts',
      ArtifactKeyArn: ARTIFACT_KEY,
      ProofKeyArn: PROOF_KEY,
    },
    (stack) => ({
      proof: {
        store: s3.Bucket.fromBucketName(stack, 'Proofs', 'proofs'),
        prefix: 'team/a',
        environment: 'live',
        artifacts: s3.Bucket.fromBucketName(stack, 'Artifacts', 'artifacts'),
        artifactKey: kms.Key.fromKeyArn(stack, 'ArtifactKey', ARTIFACT_KEY),
        key: kms.Key.fromKeyArn(stack, 'ProofKey', PROOF_KEY),
      },
    }),
  ],
];

for (const [name, parameters, properties] of CASES) {
  test(`the gate is that of gate.yaml: ${name}`, () => {
    const stack = newStack();
    new TwoPersonGate(stack, 'Gate', {
      code: bootstrap(),
      pipelines: ['payments'],
      ...properties(stack),
    });
    assertSame(resources(load('gate.yaml'), parameters), resources(template(stack)));
  });
}

test('the gate is that of gate.yaml: a topic for the alarms', () => {
  const stack = newStack();
  const gate = new TwoPersonGate(stack, 'Gate', { code: bootstrap(), pipelines: ['payments'] });
  gate.addAlarmAction(new SnsAction(sns.Topic.fromTopicArn(stack, 'Topic', TOPIC)));
  assertSame(resources(load('gate.yaml'), { AlarmTopicArn: TOPIC }), resources(template(stack)));
});

for (const [name, parameters, properties] of [
  ['defaults', {}, () => ({})],
  [
    'names, a key and retention',
    {
      DashboardName: 'releases',
      LogGroupName: '/aws/events/releases',
      LogRetentionDays: 365,
      KmsKeyArn: KEY,
    },
    (stack: Stack) => ({
      dashboardName: 'releases',
      eventLogGroupName: '/aws/events/releases',
      eventRetention: logs.RetentionDays.ONE_YEAR,
      encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY),
    }),
  ],
] as const) {
  test(`the dashboard is that of dashboard.yaml: ${name}`, () => {
    const stack = newStack();
    const gateLogGroup = logs.LogGroup.fromLogGroupName(
      stack,
      'Logs',
      '/aws/lambda/two-person-rule-gate',
    );
    new TwoPersonDashboard(stack, 'Dashboard', { gateLogGroup, ...properties(stack) });
    assertSame(resources(load('dashboard.yaml'), parameters), resources(template(stack)));
  });
}
