import * as assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stack } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import {
  RequireSignature,
  TwoPersonDashboard,
  TwoPersonGate,
  type TwoPersonGateProps,
} from 'two-person-rule-cdk';
import { canonical, load, renamed, type Resource, resources } from './cloudformation';
import { bootstrap, newStack, template } from './kit';

const KEY = 'arn:aws:kms:us-east-1:111122223333:key/aaaaaaaa-0000-0000-0000-000000000000';
const PROOF_KEY = 'arn:aws:kms:us-east-1:111122223333:key/bbbbbbbb-0000-0000-0000-000000000000';
const ARTIFACT_KEY = 'arn:aws:kms:us-east-1:111122223333:key/cccccccc-0000-0000-0000-000000000000';
const TOPIC = 'arn:aws:sns:us-east-1:111122223333:alarms';
const LAYER = 'arn:aws:lambda:us-east-1:111122223333:layer:rule:7';

/** Settings of gate.yaml, and the properties that mean the same. */
const CASES: [string, { [parameter: string]: unknown }, (stack: Stack) => Partial<TwoPersonGateProps>][] =
  [
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
    [
      'a queue without a key',
      { KeepLostEvents: 'true' },
      () => ({ keepLostEvents: true }),
    ],
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
      { TwoPersonRule: '{"excludeInitiator":true,"quorum":3,"requireSignature":{"deviceBound":true}}' },
      () => ({ rule: { quorum: 3, requireSignature: RequireSignature.DEVICE_BOUND } }),
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

/** Compares what both templates deploy. */
function assertSame(ours: { [id: string]: Resource }, cdk: { [id: string]: Resource }): void {
  const expected = Object.fromEntries(
    Object.entries(ours).map(([id, resource]) => [id, withoutDifferences(resource)]),
  );
  const built = Object.entries(cdk).map(
    ([id, resource]) => [id, withoutDifferences(resource)] as const,
  );
  // Each resource has the logical id of the resource with its type and its name.
  const ids: { [id: string]: string } = {};
  for (const [id, resource] of built) {
    const same = Object.entries(expected).filter(([, other]) => label(other) === label(resource));
    assert.equal(same.length, 1, `${id} is ${label(resource)}, which the template has not`);
    ids[id] = same[0]![0];
  }
  const actual = Object.fromEntries(
    Object.entries(renamed(Object.fromEntries(built), ids)),
  );
  assert.deepEqual(canonical(actual), canonical(expected));
}

const NAMES = [
  'AlarmName',
  'DashboardName',
  'FunctionName',
  'LogGroupName',
  'ManagedPolicyName',
  'Name',
  'PolicyName',
  'QueueName',
  'RoleName',
];

function label({ Type, Properties }: Resource): string {
  const isNamed = Type !== 'AWS::Lambda::EventInvokeConfig';
  const name = isNamed ? NAMES.find((key) => typeof Properties[key] === 'string') : undefined;
  return `${Type} ${name ? Properties[name] : ''}`;
}

/** Every difference between the two ways that is meant, and why. */
function withoutDifferences(resource: Resource): any {
  const { Type, DependsOn, ...rest } = resource;
  void DependsOn;
  const Properties = structuredClone(resource.Properties);
  switch (Type) {
    // SAM makes a function of the same properties. The code is an asset here, and tags are a list.
    case 'AWS::Serverless::Function': {
      const { CodeUri, Tags, ...same } = Properties;
      assert.equal(CodeUri, '../target/lambda/gate/bootstrap.zip');
      const list = Object.entries(Tags).map(([Key, Value]) => ({ Key, Value }));
      return functionWithRule({ ...rest, Type: 'AWS::Lambda::Function', Properties: { ...same, Tags: list } });
    }
    case 'AWS::Lambda::Function': {
      const { Code, ...same } = Properties;
      assert.ok(Code.S3Bucket && Code.S3Key);
      return functionWithRule({ ...rest, Type, Properties: same });
    }
    // CDK writes an inline policy as a resource that may have several roles.
    case 'AWS::IAM::RolePolicy': {
      const { RoleName, ...same } = Properties;
      return { ...rest, Type: 'AWS::IAM::Policy', Properties: { ...same, Roles: [RoleName] } };
    }
    // CDK gives no Sid to who may assume a role.
    case 'AWS::IAM::Role':
      for (const statement of Properties.AssumeRolePolicyDocument.Statement) {
        delete statement.Sid;
      }
      return { ...rest, Type, Properties };
    // The default, said or not.
    case 'AWS::IAM::ManagedPolicy':
      assert.ok([undefined, '/'].includes(Properties.Path));
      delete Properties.Path;
      return { ...rest, Type, Properties };
    // CDK generates the id of an expression, and `ReturnData` is true by default.
    case 'AWS::CloudWatch::Alarm':
      for (const metric of Properties.Metrics ?? []) {
        if (metric.ReturnData ?? true) {
          delete metric.Id;
          delete metric.ReturnData;
        }
      }
      return { ...rest, Type, Properties };
    // Texts that hold JSON.
    case 'AWS::CloudWatch::Dashboard':
      Properties.DashboardBody = JSON.parse(Properties.DashboardBody);
      return { ...rest, Type, Properties };
    case 'AWS::Logs::ResourcePolicy':
      Properties.PolicyDocument = JSON.parse(Properties.PolicyDocument);
      return { ...rest, Type, Properties };
    // CDK numbers targets, and says the default.
    case 'AWS::Events::Rule':
      assert.ok([undefined, 'ENABLED'].includes(Properties.State));
      delete Properties.State;
      for (const target of Properties.Targets) {
        delete target.Id;
      }
      return { ...rest, Type, Properties };
    default:
      return { ...rest, Type, Properties };
  }
}

/** The rule is compared as JSON. gate.yaml also says that nobody's role is trusted, a default. */
function functionWithRule(resource: any): any {
  const variables = resource.Properties.Environment.Variables;
  if (variables.TWO_PERSON_RULE) {
    const rule = JSON.parse(variables.TWO_PERSON_RULE);
    if (rule.trustedSessionRoles?.length === 0) {
      delete rule.trustedSessionRoles;
    }
    variables.TWO_PERSON_RULE = rule;
  }
  return resource;
}
