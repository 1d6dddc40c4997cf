import * as assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { after, test } from 'node:test';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import { ApproverMechanism, Approvers, type ApproversProps, WayIn } from 'two-person-rule-cdk';
import { policygen } from './kit';

const PROGRAM = policygen();
const SAML = 'arn:aws:iam::111122223333:saml-provider/Example';
const SAML_IN_CHINA = 'arn:aws-cn:iam::111122223333:saml-provider/Example';
const CENTER = 'arn:aws:sso:::instance/ssoins-1234567890abcdef';

/** Flags of `policygen generate`, and the same as properties. */
type Row = [flags: string[], props: Partial<ApproversProps>];

const MFA = { requireMfa: true, mfaMaxAge: Duration.minutes(15) };
const MFA_FLAGS = ['--require-mfa', '--mfa-max-age', '15m'];
const MECHANISMS: Record<string, Row> = {
  groups: [['--mechanism', 'groups'], { mechanism: ApproverMechanism.groups() }],
  'groups, not exclusive': [
    ['--mechanism', 'groups', '--no-exclusive', '--approve-only'],
    { mechanism: ApproverMechanism.groups({ exclusive: false, approveOnly: true }) },
  ],
  'groups with a second factor': [
    ['--mechanism', 'groups', '--require-mfa'],
    { mechanism: ApproverMechanism.groups({ requireMfa: true }) },
  ],
  tag: [['--mechanism', 'tag'], { mechanism: ApproverMechanism.tag() }],
  'tag with a second factor': [
    ['--mechanism', 'tag', '--no-exclusive', ...MFA_FLAGS],
    { mechanism: ApproverMechanism.tag({ exclusive: false, ...MFA }) },
  ],
  'roles by SAML': [
    ['--mechanism', 'roles', '--trust-saml', SAML],
    { mechanism: ApproverMechanism.roles(WayIn.saml(SAML)) },
  ],
  'roles from accounts': [
    [
      '--mechanism',
      'roles',
      '--trust-account',
      '111122223333',
      '--trust-account',
      '444455556666',
      ...MFA_FLAGS,
    ],
    { mechanism: ApproverMechanism.roles(WayIn.accounts('111122223333', '444455556666'), MFA) },
  ],
  'permission sets': [
    ['--mechanism', 'roles', '--identity-center', CENTER],
    { mechanism: ApproverMechanism.permissionSets(CENTER) },
  ],
  signed: [['--mechanism', 'signed', ...MFA_FLAGS], { mechanism: ApproverMechanism.signed(MFA) }],
  'signed by a role': [
    ['--mechanism', 'signed', '--trust-account', '111122223333', '--require-mfa'],
    {
      mechanism: ApproverMechanism.signed({
        wayIn: WayIn.accounts('111122223333'),
        requireMfa: true,
      }),
    },
  ],
  'signed by a permission set': [
    ['--mechanism', 'signed', '--identity-center', CENTER, '--approve-only'],
    {
      mechanism: ApproverMechanism.signed({
        wayIn: WayIn.identityCenter(CENTER),
        approveOnly: true,
      }),
    },
  ],
  desk: [['--mechanism', 'desk'], { mechanism: ApproverMechanism.desk() }],
  'desk by a role': [
    ['--mechanism', 'desk', '--trust-saml', SAML, '--desk-function', 'team-desk:live'],
    {
      mechanism: ApproverMechanism.desk({
        wayIn: WayIn.saml(SAML),
        deskFunction: 'team-desk:live',
      }),
    },
  ],
  'desk by a permission set': [
    ['--mechanism', 'desk', '--identity-center', CENTER],
    { mechanism: ApproverMechanism.desk({ wayIn: WayIn.identityCenter(CENTER) }) },
  ],
};

const GUARDRAILS: Record<string, Row> = {
  'no guardrails': [[], { guardrails: { enabled: false } }],
  guardrails: [['--guardrails'], {}],
  'a service control policy': [['--guardrails', '--scp'], { guardrails: { scp: true } }],
  'guardrails with each option': [
    [
      '--guardrails',
      '--scp',
      '--deny-manual-start',
      '--break-glass',
      'Fire',
      '--break-glass',
      'arn:aws:iam::111122223333:role/break/Glass',
      '--job-worker',
      'Worker',
      '--deploy-role',
      'Deploy',
      '--deploy-role',
      'arn:aws:iam::444455556666:role/cdk/Deploy',
      '--artifact-bucket',
      'artifacts',
      '--artifact-bucket',
      'more-artifacts',
      '--reviews-function',
      'reviews',
      '--gate',
      '--service-role',
      'Pipelines',
    ],
    {
      guardrails: {
        scp: true,
        denyManualStart: true,
        breakGlass: ['Fire', 'arn:aws:iam::111122223333:role/break/Glass'],
        jobWorkers: ['Worker'],
        deployRoles: ['Deploy', 'arn:aws:iam::444455556666:role/cdk/Deploy'],
        artifactBuckets: ['artifacts', 'more-artifacts'],
        reviewsFunction: 'reviews',
        serviceRoles: ['Pipelines'],
      },
    },
  ],
};

const PLACES: Record<string, Row> = {
  'one pipeline': [
    [
      '--region',
      'us-east-1',
      '--account',
      '111122223333',
      '--pipeline',
      'payments',
      '--stage',
      'Release',
    ],
    { pipelines: ['payments'], stage: 'Release' },
  ],
  'three slots of two pipelines in two regions and accounts': [
    [
      '--region',
      'us-east-1',
      '--region',
      'eu-west-1',
      '--account',
      '111122223333',
      '--account',
      '444455556666',
      '--pipeline',
      'payments',
      '--pipeline',
      'ledger',
      '--stage',
      'Release',
      '--slot',
      'Dev',
      '--slot',
      'Ops',
      '--slot',
      'Sec',
      '--prefix',
      'Team-',
      '--gate-function',
      'arn:aws:lambda:eu-west-1:444455556666:function:team-gate:live',
    ],
    {
      pipelines: ['payments', 'ledger'],
      stage: 'Release',
      slots: ['Dev', 'Ops', 'Sec'],
      regions: ['us-east-1', 'eu-west-1'],
      accounts: ['111122223333', '444455556666'],
      prefix: 'Team-',
      gateFunction: 'arn:aws:lambda:eu-west-1:444455556666:function:team-gate:live',
    },
  ],
  'patterns in any place': [
    [
      '--region',
      '*',
      '--account',
      '*',
      '--pipeline',
      'team-*',
      '--stage',
      'Release?',
      '--slot',
      'Ops',
      '--slot',
      'Dev',
      '--gate-function',
      'team-gate',
    ],
    {
      pipelines: ['team-*'],
      stage: 'Release?',
      slots: ['Ops', 'Dev'],
      regions: ['*'],
      accounts: ['*'],
      gateFunction: 'team-gate',
    },
  ],
  'another partition': [
    [
      '--region',
      'us-gov-west-1',
      '--account',
      '111122223333',
      '--pipeline',
      'payments',
      '--stage',
      'Release',
      '--slot',
      'Approval',
      '--slot',
      'Approval2',
    ],
    {
      pipelines: ['payments'],
      stage: 'Release',
      slots: ['Approval', 'Approval2'],
      regions: ['us-gov-west-1'],
    },
  ],
};

const [HERE, IN_HERE] = PLACES['one pipeline']!;
const PLAIN = { ...IN_HERE, mechanism: ApproverMechanism.groups() };
const UNGUARDED = { ...PLAIN, guardrails: { enabled: false } };

function many(length: number): Row {
  const pipelines = Array.from({ length }, (_, at) => `a-pipeline-of-the-team-${at}`);
  const flags = ['--region', 'us-east-1', '--account', '111122223333', '--stage', 'Release'];
  return [
    [...pipelines.flatMap((it) => ['--pipeline', it]), ...flags],
    { ...PLAIN, pipelines },
  ];
}

/** Each option of the guardrails alone: no other option has anything to do with it. */
const ALONE: Record<string, Row> = {
  'a break-glass role': [['--break-glass', 'Fire'], { guardrails: { breakGlass: ['Fire'] } }],
  'a job worker': [['--job-worker', 'Worker'], { guardrails: { jobWorkers: ['Worker'] } }],
  'a role that deploys': [['--deploy-role', 'Deploy'], { guardrails: { deployRoles: ['Deploy'] } }],
  'a service role': [
    ['--gate', '--service-role', 'Pipelines'],
    { guardrails: { serviceRoles: ['Pipelines'] } },
  ],
  'a bucket': [
    ['--artifact-bucket', 'artifacts'],
    { guardrails: { artifactBuckets: ['artifacts'] } },
  ],
  'no start by hand': [['--deny-manual-start'], { guardrails: { denyManualStart: true } }],
  'a reviews function elsewhere': [
    ['--reviews-function', 'arn:aws:lambda:eu-west-1:444455556666:function:reviews:3'],
    {
      guardrails: { reviewsFunction: 'arn:aws:lambda:eu-west-1:444455556666:function:reviews:3' },
    },
  ],
};

/** Members of each mechanism that can have some. Their names are in the file of a configuration. */
const MEMBERS: Record<string, Row> = {
  groups: [
    ['--mechanism', 'groups'],
    {
      mechanism: ApproverMechanism.groups(),
      members: { ApprovalB: ['dave', 'bob', 'dave'], ApprovalA: ['carol', 'alice'] },
    },
  ],
  'a group of one slot only': [
    ['--mechanism', 'groups'],
    { mechanism: ApproverMechanism.groups(), members: { ApprovalB: ['bob'] } },
  ],
  'tag, and a role': [
    ['--mechanism', 'tag'],
    {
      mechanism: ApproverMechanism.tag(),
      members: { ApprovalB: ['role/Deployer', 'bob'], ApprovalA: ['alice'] },
    },
  ],
  'permission sets': [
    ['--mechanism', 'roles', '--identity-center', CENTER],
    {
      mechanism: ApproverMechanism.permissionSets(CENTER),
      members: { ApprovalA: ['alice@example.com'] },
    },
  ],
  'signed, one person in both slots': [
    ['--mechanism', 'signed'],
    {
      mechanism: ApproverMechanism.signed(),
      members: { ApprovalA: ['bob', 'alice'], ApprovalB: ['alice'] },
    },
  ],
  'a desk': [
    ['--mechanism', 'desk'],
    { mechanism: ApproverMechanism.desk(), members: { ApprovalA: ['bob'], ApprovalB: ['alice'] } },
  ],
};

/** Cases in addition to the product of the tables above. */
const MORE: Record<string, Row> = {
  'slots by pattern': [
    [...HERE, '--slot-pattern', 'Dev=Dev*', '--slot-pattern', 'Ops=Ops-?'],
    { ...UNGUARDED, slotPatterns: { Dev: 'Dev*', Ops: 'Ops-?' } },
  ],
  'a name and a pattern, with guardrails': [
    [...HERE, '--slot', 'Ops', '--slot-pattern', 'Dev=Dev*', '--guardrails', '--scp'],
    { ...PLAIN, slots: ['Ops'], slotPatterns: { Dev: 'Dev*' }, guardrails: { scp: true } },
  ],
  'roles from an account without a second factor': [
    [...HERE, '--mechanism', 'roles', '--trust-account', '444455556666', '--no-exclusive'],
    {
      ...UNGUARDED,
      mechanism: ApproverMechanism.roles(WayIn.accounts('444455556666'), { exclusive: false }),
    },
  ],
  'a tag that allows only to approve': [
    [...HERE, '--mechanism', 'tag', '--approve-only'],
    { ...UNGUARDED, mechanism: ApproverMechanism.tag({ approveOnly: true }) },
  ],
  'signed, by an alias of the gate': [
    [...HERE, '--mechanism', 'signed', '--gate-function', 'gate:live'],
    { ...UNGUARDED, mechanism: ApproverMechanism.signed(), gateFunction: 'gate:live' },
  ],
  'roles by SAML in China': [
    [
      ...['--region', 'cn-north-1', '--account', '111122223333', '--pipeline', 'payments'],
      ...['--stage', 'Release', '--mechanism', 'roles', '--trust-saml', SAML_IN_CHINA],
    ],
    {
      ...UNGUARDED,
      regions: ['cn-north-1'],
      mechanism: ApproverMechanism.roles(WayIn.saml(SAML_IN_CHINA)),
    },
  ],
  'any region of a partition': [
    [
      ...['--partition', 'aws-us-gov', '--region', '*', '--account', '111122223333'],
      ...['--pipeline', 'payments', '--stage', 'Release', '--guardrails'],
    ],
    { ...PLAIN, partition: 'aws-us-gov', regions: ['*'] },
  ],
  'places that are given twice': [
    [...HERE, '--region', 'us-east-1', '--account', '111122223333', '--pipeline', 'payments'],
    {
      ...UNGUARDED,
      regions: ['us-east-1', 'us-east-1'],
      accounts: ['111122223333', '111122223333'],
      pipelines: ['payments', 'payments'],
    },
  ],
  'statements that have to be split': [
    many(120)[0],
    { ...many(120)[1], guardrails: { enabled: false } },
  ],
  'policies that have to be split': [
    [...many(80)[0], '--guardrails', '--scp'],
    { ...many(80)[1], guardrails: { scp: true } },
  ],
};
for (const [name, [flags, { guardrails }]] of Object.entries(ALONE)) {
  MORE[`${name} alone`] = [
    [...HERE, ...flags, '--guardrails', '--scp'],
    { ...PLAIN, guardrails: { ...guardrails, scp: true } },
  ];
}
for (const [name, [flags, props]] of Object.entries(MEMBERS)) {
  MORE[`members: ${name}`] = [[...HERE, ...flags], { ...UNGUARDED, ...props }];
}

/** The resources by type and name, with references by name. */
function byName(stack: Stack): Record<string, unknown> {
  const resources: Record<string, any> = Template.fromStack(stack).toJSON().Resources ?? {};
  const nameOf = ({ Type, Properties: it }: any) =>
    it.ManagedPolicyName ??
    it.RoleName ??
    it.Name ??
    (Type === 'AWS::IAM::Group' ? it.GroupName : `members of ${JSON.stringify(it.Users)}`);
  const named = new Map(Object.entries(resources).map(([id, it]) => [id, nameOf(it)]));
  const meaning = (value: any): any => {
    if (Array.isArray(value)) return value.map(meaning);
    if (typeof value !== 'object' || value === null) return value;
    if (Object.keys(value).length === 1 && named.has(value.Ref)) return named.get(value.Ref);
    return Object.fromEntries(Object.entries(value).map(([key, it]) => [key, meaning(it)]));
  };
  return Object.fromEntries(
    Object.values(resources).map((it) => [`${it.Type} ${nameOf(it)}`, meaning(it.Properties)]),
  );
}

/** A value as text, with its keys in order. */
function canonical(value: unknown): string {
  const sorted = (_: string, it: any) =>
    typeof it === 'object' && it !== null && !Array.isArray(it)
      ? Object.fromEntries(Object.entries(it).sort(([a], [b]) => (a < b ? -1 : 1)))
      : it;
  return JSON.stringify(value, sorted, 1);
}

function generate(...flags: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(PROGRAM!, ['generate', ...flags], { encoding: 'utf8' });
}

/** A case: what policygen writes as a template, read by CDK, beside the construct. */
interface Case {
  readonly name: string;
  readonly flags: string[];
  readonly own: Stack;
  readonly theirs: Stack;
  readonly prefix: string;
}

// One app, which is synthesised once.
const APP = new App();
const FOLDER = fs.mkdtempSync(path.join(os.tmpdir(), 'approvers-'));
after(() => fs.rmSync(FOLDER, { recursive: true }));

function newCase(name: string, flags: string[], props: Partial<ApproversProps>): Case {
  const env = { account: '111122223333', region: 'us-east-1' };
  const id = name.replace(/[^A-Za-z]+/g, '-');
  if (props.members) flags = ['--config', membersFile(id, props.members), ...flags];
  const own = new Stack(APP, `${id}-own`, { env });
  new Approvers(own, 'Approvers', props as ApproversProps);
  const print = ['--format', 'cloudformation', '--print', 'template.yaml'];
  const { status, stdout, stderr } = generate(...flags, ...print);
  assert.equal(status, 0, stderr);
  const templateFile = path.join(FOLDER, `${id}.yaml`);
  fs.writeFileSync(templateFile, stdout);
  const theirs = new Stack(APP, `${id}-theirs`, { env });
  new CfnInclude(theirs, 'Template', { templateFile });
  return { name, flags, own, theirs, prefix: props.prefix ?? 'TwoPersonRule-' };
}

/** A configuration that names the members: no flag does. */
function membersFile(id: string, members: { [slot: string]: string[] }): string {
  const people = Object.entries(members);
  const lines = people.map(([slot, names]) => `${slot} = ${JSON.stringify(names)}`);
  const file = path.join(FOLDER, `${id}.toml`);
  fs.writeFileSync(file, ['[members]', ...lines].join('\n'));
  return file;
}

/** Every mechanism with all guardrails and in all places, and all guardrails in all places. */
function newCases(): Case[] {
  const [places, guardrails] = [Object.entries(PLACES), Object.entries(GUARDRAILS)];
  const cases = Object.entries(MECHANISMS).flatMap(([mechanism, [flags, props]], row) =>
    guardrails.map(([guarded, [guardFlags, guardProps]], at) => {
      const [place, [placeFlags, placeProps]] = places[(row + at) % places.length]!;
      const all = { ...placeProps, ...props, ...guardProps };
      const name = `${mechanism}, ${guarded}, ${place}`;
      return newCase(name, [...placeFlags, ...flags, ...guardFlags], all);
    }),
  );
  return [...cases, ...Object.entries(MORE).map(([name, row]) => newCase(name, ...row))];
}

if (!PROGRAM) test('what policygen writes is what is synthesised', { skip: 'no policygen' });

for (const { name, flags, own, theirs, prefix } of PROGRAM ? newCases() : []) {
  test(`what policygen writes is what is synthesised: ${name}`, () => {
    const [found, expected] = [byName(own), byName(theirs)];
    // The gate's role belongs to `TwoPersonGate`.
    for (const of of [`${prefix}Gate`, `${prefix}InvokeGate`]) {
      delete expected[`AWS::IAM::Role ${of}`];
      delete expected[`AWS::IAM::ManagedPolicy ${of}`];
    }
    assert.ok(Object.keys(expected).length > 0);
    assert.deepEqual(Object.keys(found).sort(), Object.keys(expected).sort());
    for (const [resource, properties] of Object.entries(expected)) {
      // The report of a difference of large objects takes minutes.
      const message = `${resource}: policygen generate ${flags.join(' ')}`;
      assert.equal(canonical(found[resource]), canonical(properties), message);
    }
  });
}
