import type { Plan } from './plan';
import { type Entry, nameForAll, namesBySlot, samlAudience, type Settings } from './settings';
import { everySlot, type Slot } from './slots';
import { allow, ANY, deny, document, type Statement, trust, when } from './statement';
import { TAG, tagValues } from './tag';

export const APPROVE = ['codepipeline:PutApprovalResult'];

/** Adds what the mechanism gives the approvers. `guardrails` are the names of further policies. */
export function addPermissions(plan: Plan, settings: Settings, guardrails: string[]): void {
  const { mechanism, slots } = settings;
  switch (mechanism.kind) {
    case 'groups':
    case 'roles':
      slots.forEach((slot, at) => {
        const name = namesBySlot(settings)[at]!;
        const entry = mechanism.kind === 'roles' ? mechanism.entry : undefined;
        const statements = ofSlot(settings, slot);
        if (!entry) statements.push(...withoutMfa(settings));
        const description = `Two-person rule: approve ${slot.name}`;
        add(plan, settings, entry, { name, description, statements }, guardrails);
      });
      return;
    case 'tag': {
      const description =
        "Two-person rule: approve the slot that the principal's ApprovalSlot tag names";
      const policy = { name: nameForAll(settings), description, statements: byTag(settings) };
      return add(plan, settings, undefined, policy, guardrails);
    }
    case 'signed': {
      const description = 'Two-person rule: answer every slot, with a signature';
      const statements = everySlotSigned(settings);
      if (!mechanism.entry) statements.push(...withoutMfa(settings));
      const policy = { name: nameForAll(settings), description, statements };
      return add(plan, settings, mechanism.entry, policy, guardrails);
    }
    case 'desk': {
      const description = 'Two-person rule: see what awaits answers at the desk';
      const all = everySlot(settings.targets, slots);
      const statements = [...view(settings), deny('AnswerAtDeskOnly', APPROVE, all)];
      const policy = { name: nameForAll(settings), description, statements };
      return add(plan, settings, mechanism.entry, policy, guardrails);
    }
  }
}

/** The roles whose sessions have names that nobody can choose, as `trustedSessionRoles` wants. */
export function trustedSessionRoles(settings: Settings): string[] {
  const { mechanism } = settings;
  if (mechanism.kind !== 'roles') return [];
  const isSet = mechanism.entry.by === 'identityCenter';
  return namesBySlot(settings).map((name) => (isSet ? `AWSReservedSSO_${name}_*` : name));
}

/** Adds a group, a role or a permission set with these statements. */
function add(
  plan: Plan,
  settings: Settings,
  entry: Entry | undefined,
  { name, description, statements }: { name: string; description: string; statements: Statement[] },
  guardrails: string[],
): void {
  if (entry?.by === 'identityCenter') {
    // A set refers to a managed policy by name, and the policy must exist in every account that
    // the set is assigned to. So the guardrails are not part of it.
    const { instance } = entry;
    plan.addPermissionSet({ name, description, instance, document: document(statements) });
    return;
  }
  const policies = [...plan.addPolicy(name, description, statements), ...guardrails];
  if (entry) {
    plan.addRole({ name, description, trust: document([trustIn(entry, settings)]), policies });
  } else {
    plan.addGroup({ name, policies, members: [] });
  }
}

/** The permissions of an approver with one slot. */
function ofSlot(settings: Settings, slot: Slot): Statement[] {
  const { targets, slots } = settings;
  const statements = [allow('ApproveOwnSlot', APPROVE, targets.actionArns(slot.actions))];
  statements.push(...view(settings));
  if (settings.exclusive) {
    const others = slots.filter((other) => other !== slot);
    statements.push(deny('DenyOtherSlots', APPROVE, everySlot(targets, others)));
  }
  return statements;
}

/** One policy for all approvers. A tag on the principal names its slot. */
function byTag(settings: Settings): Statement[] {
  const { targets, slots } = settings;
  const key = `aws:PrincipalTag/${TAG}`;
  const { beginning, values } = tagValues(slots);
  // A principal without the tag does not match (IAM User Guide, "Policy variables").
  const own = allow('ApproveOwnSlot', APPROVE, targets.actionArns(`${beginning}\${${key}}`));
  const statements = [when(own, 'StringEquals', key, values), ...view(settings)];
  if (settings.exclusive) {
    slots.forEach((slot, at) => {
      const theirs = deny(`DenyOthersSlot${at + 1}`, APPROVE, targets.actionArns(slot.actions));
      statements.push(when(theirs, 'StringNotEquals', key, [values[at]!]));
    });
  }
  const tagging = [
    'iam:TagUser',
    'iam:UntagUser',
    'iam:TagRole',
    'iam:UntagRole',
    'sts:TagSession',
  ];
  // The operator ignores case because tag keys of IAM do (IAM User Guide, "Rules for tagging in IAM
  // and AWS STS").
  const change = deny('DenyToChangeSlots', tagging, ANY);
  const step = deny('DenyToStepIntoSlots', ['sts:AssumeRole'], ANY);
  return [
    ...statements,
    when(change, 'ForAnyValue:StringEqualsIgnoreCase', 'aws:TagKeys', [TAG]),
    when(step, 'Null', `aws:ResourceTag/${TAG}`, ['false']),
    ...withoutMfa(settings),
  ];
}

/** Answers to every slot: the gate counts the people who signed, not the principals. */
function everySlotSigned(settings: Settings): Statement[] {
  const { targets, slots, gate } = settings;
  const statements = [allow('AnswerEverySlot', APPROVE, everySlot(targets, slots))];
  statements.push(...view(settings));
  if (!settings.approveOnly) {
    // `desk` judges an answer by the gate's rule before it is given.
    const configuration = ['lambda:GetFunctionConfiguration'];
    statements.push(
      allow('SeeRule', configuration, targets.functionArns(gate)),
      allow('ReadRuleLayer', ['lambda:GetLayerVersion'], targets.ruleLayerArns(gate)),
    );
  }
  return statements;
}

/** The permissions to see the pipelines. ListPipelines has no narrower resource. */
function view({ approveOnly, targets }: Settings): Statement[] {
  if (approveOnly) return [];
  const verbs = [
    'codepipeline:GetPipeline',
    'codepipeline:GetPipelineState',
    'codepipeline:GetPipelineExecution',
    'codepipeline:ListActionExecutions',
  ];
  return [
    allow('SeePipelines', verbs, targets.pipelineArns()),
    allow('ListPipelines', ['codepipeline:ListPipelines'], ANY),
  ];
}

/**
 * Denies every slot to principals without a second factor, or with an old one. It uses `IfExists`
 * because requests with long-term access keys do not have the key, and are also denied.
 */
function withoutMfa({ mfa, targets, slots }: Settings): Statement[] {
  if (!mfa) return [];
  const all = everySlot(targets, slots);
  const absent = deny('DenyWithoutMfa', APPROVE, all);
  const old = deny('DenyWithOldMfa', APPROVE, all);
  const [present, age] = ['aws:MultiFactorAuthPresent', 'aws:MultiFactorAuthAge'];
  const statements = [when(absent, 'BoolIfExists', present, ['false'])];
  if (mfa.maxAge !== undefined) {
    statements.push(when(old, 'NumericGreaterThanIfExists', age, [`${mfa.maxAge}`]));
  }
  return statements;
}

/** The statement that lets principals assume a role. */
function trustIn(entry: Exclude<Entry, { by: 'identityCenter' }>, settings: Settings): Statement {
  const { targets, mfa } = settings;
  if (entry.by === 'saml') {
    const signIn = trust(
      'SignInThroughSaml',
      'Federated',
      [entry.provider],
      'sts:AssumeRoleWithSAML',
    );
    return when(signIn, 'StringEquals', 'SAML:aud', [samlAudience(targets, entry.provider)]);
  }
  const accounts = entry.accounts.map((account) => `arn:${targets.partition}:iam::${account}:root`);
  const users = trust('UsersUnderTheirOwnNames', 'AWS', accounts, 'sts:AssumeRole');
  // Only IAM users have that variable. For other principals the statement does not match.
  let statement = when(users, 'StringEquals', 'sts:RoleSessionName', ['${aws:username}']);
  // Sessions of AssumeRole do not show a second factor, so no later policy can require it.
  if (mfa) statement = when(statement, 'Bool', 'aws:MultiFactorAuthPresent', ['true']);
  if (mfa?.maxAge !== undefined) {
    const age = [`${mfa.maxAge}`];
    statement = when(statement, 'NumericLessThanEquals', 'aws:MultiFactorAuthAge', age);
  }
  return statement;
}
