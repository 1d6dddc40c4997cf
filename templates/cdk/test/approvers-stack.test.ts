import * as assert from 'node:assert/strict';
import { test } from 'node:test';
import { App, aws_iam as iam, aws_lambda as lambda, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { ApproverMechanism, Approvers, type ApproversProps, WayIn } from 'two-person-rule-cdk';
import { resources } from './cloudformation';
import { newStack, only } from './kit';

const CENTER = 'arn:aws:sso:::instance/ssoins-1234567890abcdef';

function approvers(stack: Stack, props: Partial<ApproversProps> = {}, id = 'Approvers'): Approvers {
  return new Approvers(stack, id, {
    pipelines: ['payments'],
    stage: 'Release',
    mechanism: ApproverMechanism.groups(),
    ...props,
  });
}

function deployed(stack: Stack): unknown {
  return resources(Template.fromStack(stack).toJSON());
}

test('without a region and an account, the policies are those of the place of deployment', () => {
  const [anywhere, here] = [new Stack(new App(), 'Stack'), newStack()];
  for (const stack of [anywhere, here]) {
    approvers(stack, { guardrails: { breakGlass: ['Fire'], deployRoles: ['Deploy'] } });
  }
  assert.deepEqual(deployed(anywhere), deployed(here));
  assert.ok(!JSON.stringify(deployed(here)).includes('codepipeline:*:*:'));
});

test('names that are known only at deployment stay in the policies', () => {
  const stack = newStack();
  const gate = lambda.Function.fromFunctionArn(
    stack,
    'Gate',
    'arn:aws:lambda:us-east-1:111122223333:function:gate',
  );
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
  approvers(stack, {
    pipelines: [role.roleName],
    gateFunction: gate.functionArn,
    mechanism: ApproverMechanism.signed(),
    guardrails: { enabled: false },
  });
  const [answer] = only(stack, 'AWS::IAM::ManagedPolicy').PolicyDocument.Statement;
  const [separator, parts] = answer.Resource[0]['Fn::Join'];
  assert.equal(separator, '');
  assert.deepEqual(parts[1], { Ref: 'Role1ABCC5F0' });
});

test('users of the app can be put into the group of a slot', () => {
  const stack = newStack();
  const people = approvers(stack, { members: { ApprovalB: ['bob', 'dave'] } });
  new iam.User(stack, 'Alice').addToGroup(people.group('ApprovalA'));
  Template.fromStack(stack).hasResourceProperties('AWS::IAM::User', {
    Groups: [{ Ref: Match.stringLikeRegexp('ApprovalAGroup') }],
  });
  Template.fromStack(stack).hasResourceProperties('AWS::IAM::UserToGroupAddition', {
    GroupName: { Ref: Match.stringLikeRegexp('ApprovalBGroup') },
    Users: ['bob', 'dave'],
  });
});

test('what the mechanism does not have is refused with what it has', () => {
  const people = approvers(newStack());
  assert.throws(
    () => people.group('ApprovalC'),
    /no group for `ApprovalC`.*`ApprovalA`, `ApprovalB`/,
  );
  assert.throws(() => people.group(), /no group for `Approvers`/);
  assert.throws(() => people.role('ApprovalA'), /it has no role at all/);
});

test('the rule learns the roles whose sessions have names that nobody can choose', () => {
  const roles = (mechanism: ApproverMechanism) =>
    approvers(newStack(), { mechanism }).trustedSessionRoles;
  const accounts = WayIn.accounts('111122223333');
  assert.deepEqual(roles(ApproverMechanism.groups()), []);
  assert.deepEqual(roles(ApproverMechanism.signed({ wayIn: accounts })), []);
  assert.deepEqual(roles(ApproverMechanism.roles(accounts)), [
    'TwoPersonRule-ApprovalA',
    'TwoPersonRule-ApprovalB',
  ]);
  assert.deepEqual(roles(ApproverMechanism.permissionSets(CENTER)), [
    'AWSReservedSSO_TwoPersonRule-ApprovalA_*',
    'AWSReservedSSO_TwoPersonRule-ApprovalB_*',
  ]);
});

test('roles and permission sets can be referred to, and nothing adds to the roles', () => {
  const stack = newStack();
  const wayIn = WayIn.accounts('111122223333');
  const role = approvers(stack, { mechanism: ApproverMechanism.signed({ wayIn }) }).role();
  role.addToPrincipalPolicy(new iam.PolicyStatement({ actions: ['s3:*'], resources: ['*'] }));
  const sets = approvers(
    stack,
    { mechanism: ApproverMechanism.permissionSets(CENTER), prefix: 'Sets-' },
    'Sets',
  );
  const [id, attribute] = stack.resolve(sets.permissionSetArn('ApprovalA'))['Fn::GetAtt'];
  assert.equal(attribute, 'PermissionSetArn');
  const set = Template.fromStack(stack).toJSON().Resources[id];
  assert.equal(set.Properties.Name, 'Sets-ApprovalA');
  Template.fromStack(stack).resourceCountIs('AWS::IAM::Policy', 0);
});

test('each choice that weakens the rule is a warning', () => {
  const stack = newStack();
  approvers(stack, {
    pipelines: ['team-*'],
    stage: 'Release?',
    slots: ['Ops'],
    slotPatterns: { Dev: 'Dev*' },
    regions: ['*', 'us-east-9'],
    accounts: ['*'],
    mechanism: ApproverMechanism.roles(WayIn.accounts('444455556666'), { exclusive: false }),
    guardrails: { breakGlass: ['Fire'], jobWorkers: ['Worker'] },
  });
  const said = Annotations.fromStack(stack)
    .findWarning('*', Match.anyValue())
    .map(({ entry }) => /\[ack: two-person-rule:([a-z-]+)\]/.exec(String(entry.data))?.[1]);
  assert.deepEqual(said.sort(), [
    'any-account',
    'any-region',
    'break-glass',
    'job-worker',
    'not-exclusive',
    'pipeline-pattern',
    'slot-pattern',
    'stage-pattern',
    'trusted-account',
    'unknown-region',
  ]);
});

test('what weakens nothing is no warning', () => {
  const stack = newStack();
  approvers(stack);
  assert.deepEqual(Annotations.fromStack(stack).findWarning('*', Match.anyValue()), []);
});

/** What is left to do, and a part of the note that says so. */
const NOTES: [string, Partial<ApproversProps>, RegExp[]][] = [
  [
    'permission sets',
    {
      mechanism: ApproverMechanism.permissionSets(CENTER),
      members: { ApprovalA: ['alice@example.com'] },
    },
    [/assign the permission set `TwoPersonRule-ApprovalA`/, /create `TwoPersonRule-Guardrails` in/],
  ],
  [
    'guardrails of several policies for permission sets',
    {
      mechanism: ApproverMechanism.permissionSets(CENTER),
      pipelines: Array.from({ length: 30 }, (_, at) => `a-pipeline-of-the-team-${at}`),
    },
    [/create `TwoPersonRule-Guardrails`, `TwoPersonRule-Guardrails-2`.* in each account/],
  ],
  [
    'tags',
    { mechanism: ApproverMechanism.tag(), members: { ApprovalA: ['alice'] } },
    [/set the tag `ApprovalSlot=A` of `alice`/, /one of the values `A`, `B`/],
  ],
  [
    'signatures that the gate has to count',
    { mechanism: ApproverMechanism.signed() },
    [/a rule with `requireSignature` before anybody gets `TwoPersonRule-Approvers`/],
  ],
  [
    'a control policy that cannot say who may invoke the gate',
    { guardrails: { scp: true } },
    [/lets everybody invoke the gate/],
  ],
  [
    'a gate and a desk with other names',
    { prefix: 'Team-', mechanism: ApproverMechanism.desk() },
    [/`Team-Desk` and `Team-DeskAnswers`/, /the gate's role is `Team-Gate`/],
  ],
  ['nothing', {}, []],
  ['nothing', { guardrails: { scp: true, serviceRoles: ['Pipelines'] } }, []],
  ['nothing', { mechanism: ApproverMechanism.desk() }, []],
];

for (const [what, props, expected] of NOTES) {
  test(`a note says what is left to do: ${what}`, () => {
    const stack = newStack();
    approvers(stack, props);
    const said = Annotations.fromStack(stack)
      .findInfo('*', Match.anyValue())
      .map(({ entry }) => String(entry.data));
    assert.equal(said.length, expected.length, said.join('\n'));
    expected.forEach((note, at) => assert.match(said[at]!, note));
  });
}
