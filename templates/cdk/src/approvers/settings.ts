import { Token } from 'aws-cdk-lib';
import { arnFields, type FunctionRef } from './names';
import type { Slot } from './slots';
import type { Targets } from './targets';

/** The principals that may assume the roles. */
export type Entry =
  | { readonly by: 'saml'; readonly provider: string }
  | { readonly by: 'accounts'; readonly accounts: string[] }
  | { readonly by: 'identityCenter'; readonly instance: string };

/** How a person is kept from having two slots. Without an entry, people are in groups. */
export type Mechanism =
  | { readonly kind: 'groups' | 'tag' }
  | { readonly kind: 'roles'; readonly entry: Entry }
  | { readonly kind: 'signed'; readonly entry?: Entry }
  | { readonly kind: 'desk'; readonly entry?: Entry; readonly desk: FunctionRef };

/** The required second factor. */
export interface Mfa {
  /** Its greatest age in seconds. */
  readonly maxAge?: number;
}

/** The options of the guardrails. Roles are names or ARNs. */
export interface Guards {
  readonly scp: boolean;
  readonly breakGlass: string[];
  readonly jobWorkers: string[];
  readonly deployRoles: string[];
  readonly serviceRoles: string[];
  readonly artifactBuckets: string[];
  readonly denyManualStart: boolean;
  readonly reviewsFunction?: FunctionRef;
}

/** Everything that the documents depend on, checked. */
export interface Settings {
  readonly targets: Targets;
  readonly slots: Slot[];
  readonly members: Record<string, string[]>;
  readonly mechanism: Mechanism;
  readonly exclusive: boolean;
  readonly approveOnly: boolean;
  readonly mfa?: Mfa;
  readonly guards?: Guards;
  readonly gate: FunctionRef;
  readonly prefix: string;
}

/** The prefix that the gate and the desk have by default too. */
export const DEFAULT_PREFIX = 'TwoPersonRule-';

/** The name of the group, role or permission set of all approvers. */
export function nameForAll(settings: Settings): string {
  return `${settings.prefix}Approvers`;
}

/** The names of the groups, roles or permission sets, by slot. */
export function namesBySlot(settings: Settings): string[] {
  return settings.slots.map((slot) => `${settings.prefix}${slot.name}`);
}

/** The name of the gate's role. */
export function gateRoleName(settings: Settings): string {
  return `${settings.prefix}Gate`;
}

/** The name of the role of the desk's function. */
export function deskRoleName(settings: Settings): string {
  return `${settings.prefix}Desk`;
}

/** The name of the role that answers are given with. */
export function answeringRoleName(settings: Settings): string {
  return `${settings.prefix}DeskAnswers`;
}

/**
 * The audience of SAML assertions for the console (AWS General Reference, "AWS sign-in endpoints").
 */
export function samlAudience(targets: Targets, provider: string): string {
  const audiences: Record<string, string> = {
    aws: 'https://signin.aws.amazon.com/saml',
    'aws-cn': 'https://signin.amazonaws.cn/saml',
    'aws-us-gov': 'https://signin.amazonaws-us-gov.com/saml',
  };
  const { partition } = targets;
  const known = Token.isUnresolved(partition) ? arnFields(provider)?.[1] : partition;
  const audience = audiences[known ?? ''];
  if (audience === undefined) {
    throw new Error(
      `the audience of SAML sign-ins to the partition \`${known ?? partition}\` is not known; ` +
        'use `WayIn.identityCenter` or `WayIn.accounts`',
    );
  }
  return audience;
}
