import * as assert from 'node:assert/strict';
import { test } from 'node:test';
import { SecretValue, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import {
  ApprovalDesk,
  type ApprovalDeskProps,
  EvidenceArchive,
  type EvidenceArchiveProps,
  OidcClaim,
  RequireSignature,
  RetentionMode,
  type TwoPersonRule,
} from 'two-person-rule-cdk';
import { load, type Resource, resources } from './cloudformation';
import { bootstrap, newStack, template } from './kit';
import { assertSame } from './same';

const COOKIE_KEY = '0123456789abcdef0123456789abcdef';
const KEY = 'arn:aws:kms:us-east-1:111122223333:key/aaaaaaaa-0000-0000-0000-000000000000';
const TOPIC = 'arn:aws:sns:us-east-1:111122223333:mails';
const LAYER = 'arn:aws:lambda:us-east-1:111122223333:layer:rule:7';
const BALANCER =
  'arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer/app/desk/0123456789abcdef';
const SIGNED: TwoPersonRule = {
  requireSignature: RequireSignature.ANY_KEY,
  signingKeys: {
    alice: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM6Pavhap0E9K8+lobh81b5MJReTGqFRr+OK09ie1BbD'],
    bob: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop'],
  },
};
const SIGNED_JSON = JSON.stringify({ excludeInitiator: true, ...SIGNED, requireSignature: true });

type Parameters = { [name: string]: unknown };

function newDesk(stack: Stack, id: string, props: Partial<ApprovalDeskProps> = {}): ApprovalDesk {
  return new ApprovalDesk(stack, id, {
    code: bootstrap(),
    pipeline: 'payments',
    stage: 'Release',
    cookieKey: SecretValue.unsafePlainText(COOKIE_KEY),
    ...props,
  });
}

/** Settings of desk.yaml, and the properties that mean the same. */
const DESKS: [string, Parameters, (stack: Stack) => Partial<ApprovalDeskProps>][] = [
  ['defaults', {}, () => ({})],
  [
    'names, patterns, processor and concurrency',
    {
      Pipelines: 'team-*',
      Stage: 'Release?',
      Approvals: 'Ok*',
      LetPeopleStart: 'true',
      FunctionName: 'desk',
      RoleName: 'Desk',
      AnsweringRoleName: 'Answers',
      Architecture: 'x86_64',
      ReservedConcurrency: -1,
      LogRetentionDays: 30,
    },
    () => ({
      pipeline: 'team-*',
      stage: 'Release?',
      approvals: 'Ok*',
      letPeopleStart: true,
      functionName: 'desk',
      roleName: 'Desk',
      answeringRoleName: 'Answers',
      architecture: lambda.Architecture.X86_64,
      reservedConcurrency: -1,
      logRetention: logs.RetentionDays.ONE_MONTH,
    }),
  ],
  [
    'a rule, a key and a topic',
    { TwoPersonRule: SIGNED_JSON, KmsKeyArn: KEY, TopicArn: TOPIC },
    (stack) => ({
      rule: SIGNED,
      encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY),
      topic: sns.Topic.fromTopicArn(stack, 'Topic', TOPIC),
    }),
  ],
  [
    'a topic without a key, and a layer',
    { RuleLayer: LAYER, TopicArn: TOPIC },
    (stack) => ({
      ruleLayer: lambda.LayerVersion.fromLayerVersionArn(stack, 'Layer', LAYER),
      topic: sns.Topic.fromTopicArn(stack, 'Topic', TOPIC),
    }),
  ],
  [
    'a load balancer',
    {
      Front: 'alb',
      LoadBalancerArn: BALANCER,
      OidcIssuer: 'https://idp.example.com',
      OidcClientId: 'desk',
      OidcClaim: 'sub',
      TwoPersonRule: SIGNED_JSON,
    },
    () => ({
      rule: SIGNED,
      loadBalancer: {
        loadBalancerArn: BALANCER,
        oidcIssuer: 'https://idp.example.com',
        oidcClientId: 'desk',
        oidcClaim: OidcClaim.SUB,
      },
    }),
  ],
  ['a load balancer that is not there yet', { Front: 'alb' }, () => ({ loadBalancer: {} })],
];

for (const [name, parameters, properties] of DESKS) {
  test(`the desk is that of desk.yaml: ${name}`, () => {
    const stack = newStack();
    newDesk(stack, 'Desk', properties(stack));
    const all = { CookieKey: COOKIE_KEY, ...parameters };
    assertSame(resources(load('desk.yaml'), all), resources(template(stack)));
  });
}

function newArchive(
  stack: Stack,
  id: string,
  props: Partial<EvidenceArchiveProps> = {},
): EvidenceArchive {
  return new EvidenceArchive(stack, id, { code: bootstrap(), ...props });
}

/** What evidence-archive.yaml deploys. */
function theirArchive(parameters: Parameters): { [id: string]: Resource } {
  const all = { PackageBucket: 'packages', ...parameters };
  return resources(load('evidence-archive.yaml'), all);
}

/** Settings of evidence-archive.yaml, and the properties that mean the same. */
const ARCHIVES: [string, Parameters, (stack: Stack) => Partial<EvidenceArchiveProps>][] = [
  ['defaults', {}, () => ({})],
  [
    'names, patterns, schedule and retention',
    {
      Pipelines: 'team-*',
      GateFunctionName: 'gate',
      Schedule: 'rate(6 hours)',
      Days: 30,
      RetentionMode: 'COMPLIANCE',
      RetentionYears: 10,
      FunctionName: 'archive',
      Architecture: 'x86_64',
      LogRetentionDays: 3653,
    },
    () => ({
      pipeline: 'team-*',
      gateFunctionName: 'gate',
      schedule: events.Schedule.expression('rate(6 hours)'),
      days: 30,
      retentionMode: RetentionMode.COMPLIANCE,
      retentionYears: 10,
      functionName: 'archive',
      architecture: lambda.Architecture.X86_64,
      logRetention: logs.RetentionDays.TEN_YEARS,
    }),
  ],
  [
    'an organization',
    { OrganizationId: 'o-abcdefghij' },
    () => ({ organizationId: 'o-abcdefghij' }),
  ],
  [
    'a bucket of another account, and a layer',
    { Bucket: 'archive', BucketOwner: '444455556666', RuleLayer: LAYER },
    (stack) => ({
      bucket: s3.Bucket.fromBucketName(stack, 'Bucket', 'archive'),
      bucketOwner: '444455556666',
      ruleLayer: lambda.LayerVersion.fromLayerVersionArn(stack, 'Layer', LAYER),
    }),
  ],
  ['a rule', { TwoPersonRule: SIGNED_JSON }, () => ({ rule: SIGNED })],
];

for (const [name, parameters, properties] of ARCHIVES) {
  test(`the archive is that of evidence-archive.yaml: ${name}`, () => {
    const stack = newStack();
    newArchive(stack, 'Archive', properties(stack));
    assertSame(theirArchive(parameters), resources(template(stack)));
  });
}

test('the archive is that of evidence-archive.yaml: a topic for the alarms', () => {
  const stack = newStack();
  const topic = sns.Topic.fromTopicArn(stack, 'Topic', TOPIC);
  newArchive(stack, 'Archive').addAlarmAction(new SnsAction(topic));
  assertSame(theirArchive({ AlarmTopicArn: TOPIC }), resources(template(stack)));
});

test('two desks and two archives fit into one stack', () => {
  const stack = newStack();
  newDesk(stack, 'One');
  newDesk(stack, 'Two', {
    functionName: 'other',
    roleName: 'Other',
    answeringRoleName: 'OtherAnswers',
  });
  newArchive(stack, 'Here');
  newArchive(stack, 'There', {
    functionName: 'other-archive',
    bucket: s3.Bucket.fromBucketName(stack, 'Bucket', 'archive'),
    bucketOwner: '444455556666',
  });
  Template.fromStack(stack).resourceCountIs('AWS::Lambda::Function', 4);
});

test('the desk tells its address, unless a load balancer is the only way to it', () => {
  const stack = newStack();
  assert.ok(newDesk(stack, 'One').url);
  const behind = newDesk(stack, 'Two', {
    functionName: 'other',
    roleName: 'Other',
    answeringRoleName: 'OtherAnswers',
    loadBalancer: {},
  });
  assert.equal(behind.url, undefined);
});

test('nothing in an app adds to what the functions may do', () => {
  const stack = newStack();
  const desk = newDesk(stack, 'Desk');
  const archive = newArchive(stack, 'Archive');
  const before = Object.keys(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
  const more = new iam.PolicyStatement({ actions: ['s3:DeleteObject'], resources: ['*'] });
  for (const one of [desk.deskFunction, archive.archiveFunction]) one.addToRolePolicy(more);
  for (const role of [desk.role, desk.answeringRole, archive.role]) {
    role.addToPrincipalPolicy(more);
  }
  assert.deepEqual(before, []);
  const { Resources } = stack.resolve(
    (stack as unknown as { _toCloudFormation(): any })._toCloudFormation(),
  );
  assert.ok(!JSON.stringify(Resources).includes('["s3:DeleteObject"'));
  assert.ok(!Object.values<any>(Resources).some(({ Type }) => Type === 'AWS::IAM::Policy'));
});

test('a reader of the archive may read and not write', () => {
  const stack = newStack();
  const reader = new iam.Role(stack, 'Reader', { assumedBy: new iam.AccountRootPrincipal() });
  newArchive(stack, 'Archive').grantRead(reader);
  const [policy] = Object.values<any>(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
  const { Action } = policy.Properties.PolicyDocument.Statement[0];
  assert.deepEqual(Action, ['s3:GetObject*', 's3:GetBucket*', 's3:List*']);
});

/** What synthesis refuses, and a part of its message. */
const REFUSED: [string, (stack: Stack) => unknown][] = [
  ['`pipeline` is `a/b`', (stack) => newDesk(stack, 'Desk', { pipeline: 'a/b' })],
  ['`stage` is ``', (stack) => newDesk(stack, 'Desk', { stage: '' })],
  ['`approvals` is `A B`', (stack) => newDesk(stack, 'Desk', { approvals: 'A B' })],
  [
    'needs `loadBalancerArn`',
    (stack) => newDesk(stack, 'Desk', { loadBalancer: {}, rule: SIGNED }),
  ],
  [
    'needs `oidcIssuer`',
    (stack) =>
      newDesk(stack, 'Desk', { loadBalancer: { loadBalancerArn: BALANCER }, rule: SIGNED }),
  ],
  [
    'needs `oidcClientId`',
    (stack) =>
      newDesk(stack, 'Desk', {
        loadBalancer: { loadBalancerArn: BALANCER, oidcIssuer: 'https://idp.example.com' },
        rule: SIGNED,
      }),
  ],
  [
    '`rule` and `ruleLayer` are two rules',
    (stack) => {
      const ruleLayer = lambda.LayerVersion.fromLayerVersionArn(stack, 'Layer', LAYER);
      newDesk(stack, 'Desk', { rule: SIGNED, ruleLayer });
    },
  ],
  [
    '`rule` and `ruleLayer` are two rules',
    (stack) => {
      const ruleLayer = lambda.LayerVersion.fromLayerVersionArn(stack, 'Layer', LAYER);
      newArchive(stack, 'Archive', { rule: SIGNED, ruleLayer });
    },
  ],
  ['`days` is 1', (stack) => newArchive(stack, 'Archive', { days: 1 })],
  ['`retentionYears` is 0', (stack) => newArchive(stack, 'Archive', { retentionYears: 0 })],
  ['`bucket` is missing', (stack) => newArchive(stack, 'Archive', { bucketOwner: '444455556666' })],
  [
    '`bucketOwner` is missing',
    (stack) =>
      newArchive(stack, 'Archive', {
        bucket: s3.Bucket.fromBucketName(stack, 'Bucket', 'archive'),
      }),
  ],
  [
    '`retentionYears` is for a new bucket',
    (stack) =>
      newArchive(stack, 'Archive', {
        bucket: s3.Bucket.fromBucketName(stack, 'Bucket', 'archive'),
        bucketOwner: '444455556666',
        retentionYears: 8,
      }),
  ],
];

for (const [message, build] of REFUSED) {
  test(`synthesis refuses: ${message}`, () => {
    const stack = newStack();
    assert.throws(
      () => {
        build(stack);
        Template.fromStack(stack);
      },
      (error: Error) => error.message.includes(message),
    );
  });
}
