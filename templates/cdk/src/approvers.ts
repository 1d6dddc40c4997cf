import {
  aws_iam as iam,
  aws_organizations as organizations,
  aws_sso as sso,
  Resource,
  Stack,
} from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { ApproverMechanism } from './approver-mechanism';
import { warn } from './approvers/advice';
import { guardsOf, settingsOf } from './approvers/checked';
import { addGuardrails } from './approvers/guardrails';
import { addMembers } from './approvers/members';
import { addPermissions, trustedSessionRoles } from './approvers/permissions';
import { quoted } from './approvers/names';
import { Plan } from './approvers/plan';
import type { Settings } from './approvers/settings';

/** The policy that keeps approvers from bypassing the gate. */
export interface GuardrailsOptions {
  /**
   * Whether there is such a policy.
   *
   * @default true
   */
  readonly enabled?: boolean;

  /**
   * Whether to add the same as a service control policy of AWS Organizations.
   *
   * @default false
   */
  readonly scp?: boolean;

  /**
   * Roles that the guardrails do not bind, by name or ARN.
   *
   * @default - none
   */
  readonly breakGlass?: string[];

  /**
   * Roles, other than the gate's, that report results of CodePipeline jobs, by name or ARN.
   *
   * @default - none
   */
  readonly jobWorkers?: string[];

  /**
   * Roles that deployments have, by name or ARN: nobody may become them.
   *
   * @default - none
   */
  readonly deployRoles?: string[];

  /**
   * The service roles of the pipelines, by name: nobody may become them, and under a service
   * control policy nobody else may invoke the gate.
   *
   * @default - none
   */
  readonly serviceRoles?: string[];

  /**
   * The buckets of the pipelines' artifacts, by name: nobody may replace an artifact.
   *
   * @default - none
   */
  readonly artifactBuckets?: string[];

  /**
   * Whether to deny starting the pipelines by hand too.
   *
   * @default false
   */
  readonly denyManualStart?: boolean;

  /**
   * The function that `reviews` of the rule names, by its name or its ARN: nobody may change it.
   *
   * @default - none
   */
  readonly reviewsFunction?: string;
}

/** Properties of `Approvers`. */
export interface ApproversProps {
  /** The names of the pipelines, or patterns with `*` and `?`. */
  readonly pipelines: string[];

  /** The stage of the approvals, or a pattern. */
  readonly stage: string;

  /** How a person is kept from having two slots. */
  readonly mechanism: ApproverMechanism;

  /**
   * The approval actions. One set of people serves each.
   *
   * @default - `ApprovalA` and `ApprovalB`, unless there are `slotPatterns`
   */
  readonly slots?: string[];

  /**
   * Slots for all approval actions whose names match a pattern, by the name of the slot.
   *
   * @default - none
   */
  readonly slotPatterns?: { [slot: string]: string };

  /**
   * The people of each slot: names of IAM users. The mechanism `tag` also takes `role/NAME`.
   *
   * @default - nobody; add users to the groups elsewhere
   */
  readonly members?: { [slot: string]: string[] };

  /**
   * The policy that keeps approvers from bypassing the gate.
   *
   * @default - a policy without exemptions
   */
  readonly guardrails?: GuardrailsOptions;

  /**
   * The gate's function, by its name or its ARN.
   *
   * @default 'two-person-rule-gate'
   */
  readonly gateFunction?: string;

  /**
   * The regions of the pipelines, or `*`.
   *
   * @default - the region of the stack
   */
  readonly regions?: string[];

  /**
   * The accounts of the pipelines, or `*`.
   *
   * @default - the account of the stack
   */
  readonly accounts?: string[];

  /**
   * The partition of the pipelines.
   *
   * @default - that of the regions
   */
  readonly partition?: string;

  /**
   * The beginning of the names of all groups, policies and roles, and of the gate's role.
   *
   * @default 'TwoPersonRule-'
   */
  readonly prefix?: string;
}

/**
 * The people who may approve: IAM groups, roles or permission sets, with the same policies as
 * `policygen generate` writes.
 *
 * Nobody can give two approvals that count, and the guardrails keep approvers from bypassing the
 * gate.
 */
export class Approvers extends Resource {
  /**
   * The roles whose sessions have names that their holders cannot choose. The gate's rule needs
   * them in `trustedSessionRoles`.
   */
  public readonly trustedSessionRoles: string[];

  /** The policies, guardrails first. */
  public readonly policies: iam.IManagedPolicy[] = [];

  private readonly groups = new Map<string, iam.IGroup>();
  private readonly roles = new Map<string, iam.IRole>();
  private readonly permissionSets = new Map<string, string>();
  private readonly settings: Settings;

  constructor(scope: Construct, id: string, props: ApproversProps) {
    super(scope, id);
    const guards = guardsOf(props.guardrails ?? {});
    this.settings = settingsOf(Stack.of(this), props, guards);
    const plan = new Plan();
    const guardrails = guards ? addGuardrails(plan, this.settings, guards) : [];
    addPermissions(plan, this.settings, guardrails);
    const members = addMembers(plan, this.settings);
    this.create(plan);
    this.trustedSessionRoles = trustedSessionRoles(this.settings);
    warn(this, this.settings, guardrails, members);
  }

  /**
   * The group of a slot.
   *
   * @param slot The name of the slot. Leave it out if the mechanism has one group for all slots.
   */
  public group(slot?: string): iam.IGroup {
    return this.find(this.groups, 'group', slot);
  }

  /**
   * The role of a slot.
   *
   * @param slot The name of the slot. Leave it out if the mechanism has one role for all slots.
   */
  public role(slot?: string): iam.IRole {
    return this.find(this.roles, 'role', slot);
  }

  /**
   * The ARN of the permission set of a slot.
   *
   * @param slot The name of the slot. Leave it out if the mechanism has one set for all slots.
   */
  public permissionSetArn(slot?: string): string {
    return this.find(this.permissionSets, 'permission set', slot);
  }

  private find<T>(among: Map<string, T>, kind: string, slot = 'Approvers'): T {
    const found = among.get(slot);
    if (found === undefined) {
      const names = quoted([...among.keys()]);
      throw new Error(
        `the mechanism \`${this.settings.mechanism.kind}\` has no ${kind} for \`${slot}\`; ` +
          (names ? `give one of ${names}` : `it has no ${kind} at all`),
      );
    }
    return found;
  }

  /** Creates what is planned. L1 constructs keep the documents as they are. */
  private create(plan: Plan): void {
    const short = (name: string) => name.slice(this.settings.prefix.length);
    const arns = new Map<string, string>();
    for (const { name, description, document } of plan.policies) {
      const id = `${short(name)}Policy`;
      const policy = new iam.CfnManagedPolicy(this, id, {
        managedPolicyName: name,
        description,
        policyDocument: document,
      });
      arns.set(name, policy.ref);
      this.policies.push(iam.ManagedPolicy.fromManagedPolicyArn(this, `${id}Arn`, policy.ref));
    }
    const arnsOf = (names: string[]) => names.map((name) => arns.get(name)!);
    for (const { name, policies, members } of plan.groups) {
      const id = `${short(name)}Group`;
      const managedPolicyArns = arnsOf(policies);
      const group = new iam.CfnGroup(this, id, { groupName: name, managedPolicyArns });
      this.groups.set(short(name), iam.Group.fromGroupName(this, `${id}Name`, group.ref));
      if (members.length > 0) {
        const add = { groupName: group.ref, users: members };
        new iam.CfnUserToGroupAddition(this, `${short(name)}Members`, add);
      }
    }
    for (const { name, description, trust, policies } of plan.roles) {
      const id = `${short(name)}Role`;
      const role = new iam.CfnRole(this, id, {
        roleName: name,
        description,
        assumeRolePolicyDocument: trust,
        managedPolicyArns: arnsOf(policies),
      });
      // Its policies are complete, so nothing else may add to them.
      const reference = iam.Role.fromRoleArn(this, `${id}Arn`, role.attrArn, {
        mutable: false,
      });
      this.roles.set(short(name), reference);
    }
    for (const { name, description, instance, document } of plan.permissionSets) {
      const set = new sso.CfnPermissionSet(this, `${short(name)}PermissionSet`, {
        name,
        description,
        instanceArn: instance,
        inlinePolicy: document,
      });
      this.permissionSets.set(short(name), set.attrPermissionSetArn);
    }
    for (const { name, description, document } of plan.scps) {
      new organizations.CfnPolicy(this, `${short(name)}Scp`, {
        name,
        description,
        type: 'SERVICE_CONTROL_POLICY',
        content: document,
      });
    }
  }
}
