import { APPROVE } from './permissions';
import type { Plan } from './plan';
import { BECOME, type Denied, deployments, release } from './release';
import {
  answeringRoleName,
  deskRoleName,
  type Entry,
  gateRoleName,
  type Guards,
  nameForAll,
  namesBySlot,
  type Settings,
} from './settings';
import { everySlot } from './slots';
import { ANY, deny, denyAllBut, type Statement, unless, when } from './statement';

/** What changes a function, or who may invoke it. */
const CHANGES_OF_FUNCTION = [
  'lambda:CreateFunction',
  'lambda:UpdateFunctionCode',
  'lambda:UpdateFunctionConfiguration',
  'lambda:UpdateAlias',
  'lambda:CreateAlias',
  'lambda:DeleteAlias',
  'lambda:DeleteFunction',
  'lambda:AddPermission',
];
/**
 * Adds the policy that denies every way to bypass the gate and, if wanted, the same as a service
 * control policy. Returns the names of the managed policies.
 */
export function addGuardrails(plan: Plan, settings: Settings, guards: Guards): string[] {
  const name = `${settings.prefix}Guardrails`;
  const description = 'Two-person rule: deny bypassing the gate';
  if (guards.scp) {
    plan.addScp(name, description, statements(settings, guards, 'everybody'));
  }
  return plan.addPolicy(name, description, statements(settings, guards, 'approvers'));
}

function statements(settings: Settings, guards: Guards, denied: Denied): Statement[] {
  const { targets } = settings;
  const isForAll = denied === 'everybody';
  const breakGlass = guards.breakGlass.flatMap((role) => targets.roleArns(role));
  const jobWorkers = guards.jobWorkers.flatMap((role) => targets.roleArns(role));
  const gateRole = targets.iamArns(`role/${gateRoleName(settings)}`);
  const exempt = [...breakGlass, ...jobWorkers];
  const all = [
    ...pipelines(settings, guards),
    ...functions(settings, guards),
    ...groupsAndRoles(settings, guards, denied, exempt),
    ...people(),
    ...policies(settings),
    ...credentials(settings),
    ...desksFunction(settings),
  ].map((statement) => unless(statement, breakGlass));
  // The action has no resource, so the statement can only distinguish principals.
  const report = deny('ReportForGate', ['codepipeline:PutJobSuccessResult'], ANY);
  all.push(unless(report, [...gateRole, ...jobWorkers, ...breakGlass]));
  all.push(...desksRoles(settings, breakGlass), ...release(settings, guards, denied, breakGlass));
  if (isForAll) {
    all.push(unless(deny('LiftControls', LIFTS_CONTROLS, ANY), breakGlass));
    all.push(...approveAsOthers(settings, breakGlass));
    // These roles are not bound, so nobody may become them other than by their trust policies.
    if (exempt.length > 0) {
      all.push(unless(deny('PassExemptRoles', ['iam:PassRole'], exempt), breakGlass));
    }
  }
  // The service roles are given without their paths.
  const ofPipelines = guards.serviceRoles.flatMap((role) => [
    ...targets.iamArns(`role/${role}`),
    ...targets.iamArns(`role/*/${role}`),
  ]);
  const callers = [...(isForAll ? ofPipelines : []), ...breakGlass];
  if (!isForAll || ofPipelines.length > 0) {
    const gate = targets.functionAndVersionArns(settings.gate);
    const project = targets.ruleProjectArns(settings.gate);
    all.push(unless(deny('CallGate', ['lambda:InvokeFunction'], gate), callers));
    // A build can be started with other commands than those of its project, and those of this
    // project may change the gate's rule.
    all.push(unless(deny('ChangeRule', CHANGES_OF_RULE, project), callers));
  }
  return all;
}

/**
 * What takes the service control policy off (Service Authorization Reference, AWS Organizations).
 */
const LIFTS_CONTROLS = [
  'organizations:DetachPolicy',
  'organizations:UpdatePolicy',
  'organizations:DeletePolicy',
  'organizations:DisablePolicyType',
  'organizations:LeaveOrganization',
];
const CHANGES_OF_RULE = [
  'codebuild:StartBuild',
  'codebuild:StartBuildBatch',
  'codebuild:RetryBuild',
  'codebuild:RetryBuildBatch',
  'codebuild:UpdateProject',
];

/** Denies a second person: a user, or an identity provider with a key of one's own choice. */
function people(): Statement[] {
  const verbs = [
    'iam:CreateUser',
    'iam:UpdateUser',
    'iam:CreateSAMLProvider',
    'iam:UpdateSAMLProvider',
    'iam:DeleteSAMLProvider',
    'iam:CreateOpenIDConnectProvider',
    'iam:AddClientIDToOpenIDConnectProvider',
  ];
  return [deny('MakePeople', verbs, ANY)];
}

function pipelines({ targets }: Settings, guards: Guards): Statement[] {
  const verbs = [
    'codepipeline:CreatePipeline',
    'codepipeline:UpdatePipeline',
    'codepipeline:DeletePipeline',
  ];
  if (guards.denyManualStart) verbs.push('codepipeline:StartPipelineExecution');
  // All stages are denied, because a rollback of the deploy stage needs no approval.
  const stages = targets.pipelineArns().map((arn) => `${arn}/*`);
  const skip = ['codepipeline:RollbackStage', 'codepipeline:OverrideStageCondition'];
  return [deny('ChangePipelines', verbs, targets.pipelineArns()), deny('SkipStages', skip, stages)];
}

/** Denies changing the gate, and the function that it believes about authors and reviews. */
function functions({ targets, gate }: Settings, { reviewsFunction }: Guards): Statement[] {
  const refs = reviewsFunction ? [gate, reviewsFunction] : [gate];
  const arns = refs.flatMap((ref) => targets.functionAndVersionArns(ref));
  return [deny('ChangeGate', CHANGES_OF_FUNCTION, arns)];
}

/** Denies changing the desk's function, and the function that tells people what awaits them. */
function desksFunction({ mechanism, targets }: Settings): Statement[] {
  if (mechanism.kind !== 'desk') return [];
  const arns = [
    ...targets.functionAndVersionArns(mechanism.desk),
    ...targets.functionAndVersionArns(mechanism.desk, '-notify'),
  ];
  return [deny('ChangeDesk', [...CHANGES_OF_FUNCTION, 'lambda:UpdateFunctionUrlConfig'], arns)];
}

/** Denies answering with another role than the desk's, and becoming the desk. */
function desksRoles(settings: Settings, breakGlass: string[]): Statement[] {
  const { mechanism, targets, slots } = settings;
  if (mechanism.kind !== 'desk') return [];
  const own = targets.iamArns(`role/${deskRoleName(settings)}`);
  const answering = targets.iamArns(`role/${answeringRoleName(settings)}`);
  const answer = deny('AnswerAtDeskOnly', APPROVE, everySlot(targets, slots));
  return [
    unless(answer, [...answering, ...breakGlass]),
    unless(deny('BecomeDesksAnswers', BECOME, answering), [...own, ...breakGlass]),
    unless(deny('BecomeDesk', BECOME, own), breakGlass),
  ];
}

/** The names of the groups and of the roles that the mechanism creates. */
function created(settings: Settings): { groups: string[]; roles: string[] } {
  const { mechanism } = settings;
  const isBySlot = mechanism.kind === 'groups' || mechanism.kind === 'roles';
  const names = isBySlot ? namesBySlot(settings) : [nameForAll(settings)];
  const entry = entryOf(settings);
  // Only the service can change the roles of permission sets.
  if (entry?.by === 'identityCenter') return { groups: [], roles: [] };
  return entry ? { groups: [], roles: names } : { groups: names, roles: [] };
}

function entryOf({ mechanism }: Settings): Entry | undefined {
  return 'entry' in mechanism ? mechanism.entry : undefined;
}

/**
 * Denies changing the groups and roles. Approvers may not change any role, because a role that they
 * create or change would make them a second person.
 */
function groupsAndRoles(
  settings: Settings,
  guards: Guards,
  denied: Denied,
  exempt: string[],
): Statement[] {
  const { targets, mechanism } = settings;
  const { groups, roles } = created(settings);
  if (mechanism.kind === 'desk') {
    roles.push(deskRoleName(settings), answeringRoleName(settings));
  }
  roles.push(gateRoleName(settings));
  const arns = (kind: string, names: string[]) =>
    names.flatMap((name) => targets.iamArns(`${kind}/${name}`));
  const all: Statement[] = [];
  if (groups.length > 0) {
    const verbs = [
      'iam:AddUserToGroup',
      'iam:RemoveUserFromGroup',
      'iam:AttachGroupPolicy',
      'iam:DetachGroupPolicy',
      'iam:UpdateGroup',
      'iam:DeleteGroup',
    ];
    all.push(deny('ChangeGroups', verbs, arns('group', groups)));
  }
  const changes = [
    'iam:CreateRole',
    'iam:UpdateAssumeRolePolicy',
    'iam:PutRolePolicy',
    'iam:DeleteRolePolicy',
    'iam:AttachRolePolicy',
    'iam:DetachRolePolicy',
    'iam:PutRolePermissionsBoundary',
    'iam:DeleteRolePermissionsBoundary',
    'iam:DeleteRole',
  ];
  if (denied === 'approvers') {
    all.push(deny('ChangeRoles', changes, ANY));
  } else {
    const others = [...deployments(settings, guards), ...exempt];
    all.push(deny('ChangeRoles', changes, [...arns('role', roles), ...others]));
    // Roles that look like those of IAM Identity Center. Service control policies do not bind its
    // service-linked role, which creates the real ones.
    const lookAlikes = arns('role', ['AWSReservedSSO_*', '*/AWSReservedSSO_*']);
    all.push(deny('MakeLookAlikes', ['iam:CreateRole'], lookAlikes));
  }
  all.push(deny('BecomeGate', BECOME, arns('role', [gateRoleName(settings)])));
  return all;
}

/** Denies changing our policies, which share a prefix, attaching them, and inline policies. */
function policies({ targets, prefix }: Settings): Statement[] {
  const ours = targets.iamArns(`policy/${prefix}*`);
  const change = [
    'iam:CreatePolicyVersion',
    'iam:SetDefaultPolicyVersion',
    'iam:DeletePolicyVersion',
    'iam:DeletePolicy',
  ];
  const attach = ['iam:AttachUserPolicy', 'iam:AttachGroupPolicy', 'iam:AttachRolePolicy'];
  const inline = [...targets.iamArns('user/*'), ...targets.iamArns('group/*')];
  return [
    deny('ChangePolicies', change, ours),
    when(deny('GrantSlots', attach, ANY), 'ArnLike', 'iam:PolicyARN', ours),
    deny('WriteInlinePolicies', ['iam:PutUserPolicy', 'iam:PutGroupPolicy'], inline),
  ];
}

/** Denies becoming another user with a new key or password. */
function credentials({ targets }: Settings): Statement[] {
  const verbs = ['iam:CreateAccessKey', 'iam:CreateLoginProfile', 'iam:UpdateLoginProfile'];
  const own = [
    ...targets.iamArns('user/${aws:username}'),
    ...targets.iamArns('user/*/${aws:username}'),
  ];
  // Only IAM users have the variable. For other principals the statement that uses it does not
  // match, so they need a separate one.
  const noUser = deny('ImpersonateUsersAsRole', verbs, targets.iamArns('user/*'));
  return [
    denyAllBut('ImpersonateUsers', verbs, own),
    when(noUser, 'Null', 'aws:username', ['true']),
  ];
}

/**
 * Denies approvals of everybody but the kind of principals that approve: a role that somebody
 * creates cannot become a second person then.
 */
function approveAsOthers(settings: Settings, breakGlass: string[]): Statement[] {
  const { mechanism, targets, slots } = settings;
  // Another statement says so.
  if (mechanism.kind === 'desk') return [];
  const entry = entryOf(settings);
  const approving =
    entry === undefined
      ? // A service control policy does not see the groups of a user.
        targets.iamArns('user/*')
      : entry.by === 'identityCenter'
        ? targets.iamArns('role/aws-reserved/sso.amazonaws.com/*')
        : created(settings).roles.flatMap((name) => targets.iamArns(`role/${name}`));
  const approve = deny('ApproveAsOthers', APPROVE, everySlot(targets, slots));
  return [unless(approve, [...approving, ...breakGlass])];
}
