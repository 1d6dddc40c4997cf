import * as assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { Duration } from 'aws-cdk-lib';
import { ApproverMechanism, Approvers, type ApproversProps, WayIn } from 'two-person-rule-cdk';
import { newStack, policygen } from './kit';

const PROGRAM = policygen();
const SAML = 'arn:aws:iam::111122223333:saml-provider/Example';
const CENTER = 'arn:aws:sso:::instance/ssoins-1234567890abcdef';
const BASE = [
  'region="us-east-1"',
  'account="111122223333"',
  'pipeline="payments"',
  'stage="Release"',
];
const MANY = Array.from({ length: 900 }, (_, at) => `the-pipeline-of-a-large-team-${at}`);

const ACCOUNTS = Array.from({ length: 90 }, (_, at) => `${111122223000 + at}`);

/** What policygen calls an option, and how the message here names it. */
const NAMES: [string, string][] = [
  ['`--mechanism tag` needs', 'the mechanism `tag` needs'],
  ['another `--region` or `--account`', 'other `regions` or `accounts`'],
  [
    'use `--identity-center` or `--trust-account`',
    'use `WayIn.identityCenter` or `WayIn.accounts`',
  ],
  ['through `trust-saml` or `trust-account`', 'through `WayIn.saml` or `WayIn.accounts`'],
  ['use groups or `identity-center`', 'use groups or `WayIn.identityCenter`'],
  [
    'or with `identity-center` the user name of IAM Identity Center',
    'or with IAM Identity Center its user name',
  ],
  ['give NAME=PATTERN with `--slot-pattern`', 'give `slotPatterns`'],
  ['name each slot as `slot` does', 'name each slot as `slots` does'],
  ['`--require-mfa`', '`requireMfa`'],
  ['`--mfa-max-age`', '`mfaMaxAge`'],
  ['`--partition ', '`partition '],
  ['`--prefix`', '`prefix`'],
];

interface Refused {
  /** A configuration of `policygen generate`, without the keys of `BASE` that it changes. */
  readonly config: string[];
  readonly members?: string[];
  readonly props: () => Partial<ApproversProps>;
}

const groups = ApproverMechanism.groups();
const CASES: Record<string, Refused> = {
  'one slot': { config: ['slot=["A"]'], props: () => ({ slots: ['A'] }) },
  'a slot that is a pattern': {
    config: ['slot=["A*", "B"]'],
    props: () => ({ slots: ['A*', 'B'] }),
  },
  'two names that differ in case': {
    config: ['slot=["Ops", "OPS"]'],
    props: () => ({ slots: ['Ops', 'OPS'] }),
  },
  'slots that overlap': {
    config: ['slot=["Ops1"]', 'slot-pattern=["Any=Ops?"]'],
    props: () => ({ slots: ['Ops1'], slotPatterns: { Any: 'Ops?' } }),
  },
  'patterns that overlap': {
    config: ['slot-pattern=["A=*a", "B=b*"]'],
    props: () => ({ slotPatterns: { A: '*a', B: 'b*' } }),
  },
  'a pattern with a tag': {
    config: ['mechanism="tag"', 'slot-pattern=["A=a*", "B=b*"]'],
    props: () => ({
      mechanism: ApproverMechanism.tag(),
      slotPatterns: { A: 'a*', B: 'b*' },
    }),
  },
  'a region of another partition': {
    config: ['region=["us-east-1", "cn-north-1"]'],
    props: () => ({ regions: ['us-east-1', 'cn-north-1'] }),
  },
  'a region that cannot be': {
    config: ['region="us-east"'],
    props: () => ({ regions: ['us-east'] }),
  },
  'an account that cannot be': { config: ['account="1"'], props: () => ({ accounts: ['1'] }) },
  'a pipeline that cannot be': {
    config: ['pipeline="a b"'],
    props: () => ({ pipelines: ['a b'] }),
  },
  'a stage that cannot be': { config: ['stage="a/b"'], props: () => ({ stage: 'a/b' }) },
  'a prefix that cannot be': { config: ['prefix="a/b"'], props: () => ({ prefix: 'a/b' }) },
  'a gate that cannot be': {
    config: ['gate-function="a b"'],
    props: () => ({ gateFunction: 'a b' }),
  },
  'a gate elsewhere': {
    config: ['gate-function="arn:aws:lambda:eu-west-1:111122223333:function:gate"'],
    props: () => ({ gateFunction: 'arn:aws:lambda:eu-west-1:111122223333:function:gate' }),
  },
  'a role with a wildcard': {
    config: ['guardrails=true', 'break-glass="Admin*"'],
    props: () => ({ guardrails: { breakGlass: ['Admin*'] } }),
  },
  'a bucket that cannot be': {
    config: ['guardrails=true', 'artifact-bucket="B"'],
    props: () => ({ guardrails: { artifactBuckets: ['B'] } }),
  },
  'a SAML provider that cannot be': {
    config: ['mechanism="roles"', 'trust-saml="Example"'],
    props: () => ({ mechanism: ApproverMechanism.roles(WayIn.saml('Example')) }),
  },
  'an instance that cannot be': {
    config: ['mechanism="roles"', 'identity-center="ssoins-1"'],
    props: () => ({ mechanism: ApproverMechanism.permissionSets('ssoins-1') }),
  },
  'a trusted account that cannot be': {
    config: ['mechanism="roles"', 'trust-account="*"'],
    props: () => ({ mechanism: ApproverMechanism.roles(WayIn.accounts('*')) }),
  },
  'a partition without a known audience': {
    config: ['region="us-iso-east-1"', 'mechanism="roles"', `trust-saml="${SAML}"`],
    props: () => ({
      regions: ['us-iso-east-1'],
      mechanism: ApproverMechanism.roles(WayIn.saml(SAML)),
    }),
  },
  'a second factor of federated sessions': {
    config: ['mechanism="roles"', `identity-center="${CENTER}"`, 'require-mfa=true'],
    props: () => ({
      mechanism: ApproverMechanism.permissionSets(CENTER, { requireMfa: true }),
    }),
  },
  'the age of a second factor that nobody needs': {
    config: ['mfa-max-age="15m"'],
    props: () => ({ mechanism: ApproverMechanism.groups({ mfaMaxAge: Duration.minutes(15) }) }),
  },
  'a name that is too long for a role': {
    config: ['mechanism="roles"', `trust-saml="${SAML}"`, `slot=["${'A'.repeat(60)}", "B"]`],
    props: () => ({
      slots: ['A'.repeat(60), 'B'],
      mechanism: ApproverMechanism.roles(WayIn.saml(SAML)),
    }),
  },
  'a name that is too long for a permission set': {
    config: ['mechanism="roles"', `identity-center="${CENTER}"`, `slot=["${'A'.repeat(30)}", "B"]`],
    props: () => ({
      slots: ['A'.repeat(30), 'B'],
      mechanism: ApproverMechanism.permissionSets(CENTER),
    }),
  },
  'a slot with the name of another policy': {
    config: ['guardrails=true', 'slot=["Guardrails", "B"]'],
    props: () => ({ slots: ['Guardrails', 'B'], guardrails: {} }),
  },
  'more policies than a group can have': {
    config: [`pipeline=${JSON.stringify(MANY)}`],
    props: () => ({ pipelines: MANY }),
  },
  'more than a permission set can have': {
    config: [
      `pipeline=${JSON.stringify(MANY)}`,
      'mechanism="roles"',
      `identity-center="${CENTER}"`,
    ],
    props: () => ({ pipelines: MANY, mechanism: ApproverMechanism.permissionSets(CENTER) }),
  },
  'a statement that cannot be split': {
    config: [`account=${JSON.stringify(ACCOUNTS)}`, 'guardrails=true'],
    props: () => ({ accounts: ACCOUNTS, guardrails: {} }),
  },
  'more accounts than a role can trust': {
    config: ['mechanism="roles"', `trust-account=${JSON.stringify(ACCOUNTS)}`],
    props: () => ({ mechanism: ApproverMechanism.roles(WayIn.accounts(...ACCOUNTS)) }),
  },
  'a second factor of SAML sessions': {
    config: ['mechanism="signed"', `trust-saml="${SAML}"`, 'require-mfa=true'],
    props: () => ({
      mechanism: ApproverMechanism.signed({ wayIn: WayIn.saml(SAML), requireMfa: true }),
    }),
  },
  'a desk that cannot be': {
    config: ['mechanism="desk"', 'desk-function="desk:a:b"'],
    props: () => ({ mechanism: ApproverMechanism.desk({ deskFunction: 'desk:a:b' }) }),
  },
  'a service role with a path': {
    config: ['guardrails=true', 'gate=true', 'service-role=["path/Name"]'],
    props: () => ({ guardrails: { serviceRoles: ['path/Name'] } }),
  },
  'a pattern of actions that cannot be': {
    config: ['slot-pattern=["A=a b", "B=b"]'],
    props: () => ({ slotPatterns: { A: 'a b', B: 'b' } }),
  },
  'a user of IAM Identity Center who cannot be': {
    config: ['mechanism="roles"', `identity-center="${CENTER}"`],
    members: ['ApprovalA=["a b"]'],
    props: () => ({
      members: { ApprovalA: ['a b'] },
      mechanism: ApproverMechanism.permissionSets(CENTER),
    }),
  },
  'a role in a group': {
    config: [],
    members: ['ApprovalA=["role/Deployer"]'],
    props: () => ({ members: { ApprovalA: ['role/Deployer'] } }),
  },
  'members of no slot': {
    config: [],
    members: ['ApprovalC=["alice"]'],
    props: () => ({ members: { ApprovalC: ['alice'] } }),
  },
  'a member that cannot be': {
    config: [],
    members: ['ApprovalA=["a/b"]'],
    props: () => ({ members: { ApprovalA: ['a/b'] } }),
  },
  'a person with two slots': {
    config: [],
    members: ['ApprovalA=["alice"]', 'ApprovalB=["Alice"]'],
    props: () => ({ members: { ApprovalA: ['alice'], ApprovalB: ['Alice'] } }),
  },
  'members of a role': {
    config: ['mechanism="roles"', `trust-saml="${SAML}"`],
    members: ['ApprovalA=["alice"]'],
    props: () => ({
      members: { ApprovalA: ['alice'] },
      mechanism: ApproverMechanism.roles(WayIn.saml(SAML)),
    }),
  },
};

for (const [name, { config, members = [], props }] of Object.entries(CASES)) {
  test(`synthesis refuses what policygen refuses: ${name}`, { skip: !PROGRAM }, () => {
    const isGiven = (line: string) => config.some((it) => it.split('=')[0] === line.split('=')[0]);
    const lines = [...BASE.filter((line) => !isGiven(line)), ...config].map(asList);
    const input = [...lines, ...(members.length ? ['[members]', ...members] : [])].join('\n');
    const { status, stderr } = spawnSync(PROGRAM!, ['generate', '--config', '-'], {
      input,
      encoding: 'utf8',
    });
    assert.equal(status, 1, stderr);
    const theirs = NAMES.reduce((text, [from, to]) => text.replaceAll(from, to), stderr);
    assert.throws(
      () =>
        new Approvers(newStack(), 'Approvers', {
          pipelines: ['payments'],
          stage: 'Release',
          mechanism: groups,
          guardrails: { enabled: false },
          ...props(),
        }),
      (error: Error) => {
        assert.ok(theirs.includes(error.message), `${error.message}\n${theirs}`);
        return true;
      },
    );
  });
}

/** A list of the configuration may be given as one value here. */
function asList(line: string): string {
  const [key, value] = [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)];
  const lists = [
    'region',
    'account',
    'pipeline',
    'break-glass',
    'artifact-bucket',
    'trust-account',
  ];
  return lists.includes(key) && !value.startsWith('[') ? `${key}=[${value}]` : `${key}=${value}`;
}

/** What policygen cannot be asked, because a flag cannot say it. */
const MORE: Record<string, [message: string, props: () => Partial<ApproversProps>]> = {
  'a partition that cannot be': [
    '`constructor` is not a partition',
    () => ({ partition: 'constructor', regions: ['*'] }),
  ],
  'no pipeline': ['`pipelines` is empty', () => ({ pipelines: [] })],
  'no account to trust': [
    '`WayIn.accounts` has no account',
    () => ({ mechanism: ApproverMechanism.roles(WayIn.accounts()) }),
  ],
  'an option of guardrails without guardrails': [
    '`breakGlass` means nothing without `enabled`',
    () => ({ guardrails: { enabled: false, breakGlass: ['Fire'] } }),
  ],
  'a second factor of 37 hours': [
    '`mfaMaxAge` is 133200 seconds',
    () => ({
      mechanism: ApproverMechanism.groups({
        requireMfa: true,
        mfaMaxAge: Duration.hours(37),
      }),
    }),
  ],
};

for (const [name, [message, props]] of Object.entries(MORE)) {
  test(`synthesis refuses: ${name}`, () => {
    assert.throws(
      () =>
        new Approvers(newStack(), 'Approvers', {
          pipelines: ['payments'],
          stage: 'Release',
          mechanism: groups,
          ...props(),
        }),
      (error: Error) => error.message.startsWith(message),
    );
  });
}
