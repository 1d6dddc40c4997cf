import { type Document, document, sizeOf, type Statement } from './statement';

/** A customer managed policy, or a service control policy. */
export interface Policy {
  readonly name: string;
  readonly description: string;
  readonly document: Document;
}

/** A group of users. */
export interface Group {
  readonly name: string;
  /** The names of its policies, all of them in the plan. */
  readonly policies: string[];
  /** The users who are in it, if they are named. */
  members: string[];
}

/** A role. */
export interface Role {
  readonly name: string;
  readonly description: string;
  readonly trust: Document;
  readonly policies: string[];
}

/** A permission set of IAM Identity Center, with an inline policy. */
export interface PermissionSet {
  readonly name: string;
  readonly description: string;
  readonly instance: string;
  readonly document: Document;
}

/** The greatest length of a document, and the kind of document in words. */
interface Limit {
  readonly characters: number;
  readonly of: string;
}

// IAM User Guide, "IAM and AWS STS quotas". White space does not count.
const MANAGED_POLICY: Limit = { characters: 6144, of: 'a managed policy' };
// Same page: the default, which can be raised.
const TRUST_POLICY: Limit = { characters: 2048, of: 'a trust policy' };
// IAM Identity Center User Guide, "Quotas".
const PERMISSION_SET: Limit = {
  characters: 10_240,
  of: 'the inline policy of a permission set',
};
// AWS Organizations User Guide, "Quotas". White space counts, and CDK writes none.
const SCP: Limit = { characters: 5120, of: 'a service control policy' };
// The managed policies of a group or role by default (IAM User Guide, same page as above).
const ATTACHED = 10;

/** The resources to create, each checked against the limits of AWS. */
export class Plan {
  public readonly policies: Policy[] = [];
  public readonly groups: Group[] = [];
  public readonly roles: Role[] = [];
  public readonly permissionSets: PermissionSet[] = [];
  public readonly scps: Policy[] = [];
  private readonly names = new Set<string>();

  /** Adds a policy, split into several if it is too large, and returns their names. */
  public addPolicy(name: string, description: string, statements: Statement[]): string[] {
    const parts = split(name, statements, MANAGED_POLICY);
    parts.forEach((part) => {
      this.reserve('policy', part.name, 128);
      this.policies.push({ ...part, description });
    });
    return parts.map((part) => part.name);
  }

  /** A group's name has at most 128 characters (IAM API model: `groupNameType`). */
  public addGroup(group: Group): void {
    this.reserve('group', group.name, 128);
    requireAttachable(group.name, group.policies);
    this.groups.push(group);
  }

  /** A role's name has at most 64 characters (IAM API model: `roleNameType`). */
  public addRole(role: Role): void {
    this.reserve('role', role.name, 64);
    requireAttachable(role.name, role.policies);
    requireWithin(role.name, role.trust, TRUST_POLICY);
    this.roles.push(role);
  }

  /** The name of a permission set has at most 32 characters (SSO Admin API model). */
  public addPermissionSet(set: PermissionSet): void {
    this.reserve('permission set', set.name, 32);
    requireWithin(set.name, set.document, PERMISSION_SET);
    this.permissionSets.push(set);
  }

  /** Adds a service control policy, split into several if it is too large. */
  public addScp(name: string, description: string, statements: Statement[]): void {
    for (const part of split(name, statements, SCP)) {
      this.reserve('service control policy', part.name, 128);
      this.scps.push({ ...part, description });
    }
  }

  /** Checks the length of a name and that it is new. IAM ignores the case of names. */
  private reserve(kind: string, name: string, most: number): void {
    if (name.length > most) {
      throw new Error(
        `the name \`${name}\` is ${name.length} characters long, and the name of a ${kind} has ` +
          `at most ${most}; give a shorter \`prefix\` or slot`,
      );
    }
    const key = `${kind} ${name.toLowerCase()}`;
    if (this.names.has(key)) {
      throw new Error(`two resources would have the name \`${name}\`; rename the slot`);
    }
    this.names.add(key);
  }
}

function requireAttachable(name: string, policies: string[]): void {
  if (policies.length > ATTACHED) {
    throw new Error(
      `\`${name}\` would need ${policies.length} managed policies, and AWS attaches at most ` +
        `${ATTACHED}; name fewer accounts, regions or pipelines, or use patterns`,
    );
  }
}

function requireWithin(name: string, it: Document, limit: Limit): void {
  if (sizeOf(it) > limit.characters) {
    throw tooLarge(name, limit);
  }
}

function tooLarge(name: string, limit: Limit): Error {
  return new Error(
    `\`${name}\` is longer than the ${limit.characters} characters that AWS allows for ` +
      `${limit.of}, and cannot be split; name fewer accounts, regions or pipelines, or use ` +
      'patterns',
  );
}

/**
 * Splits statements into several documents with the same meaning, each within the limit: a policy
 * is the union of its statements, and a statement is the union of its resources.
 */
function split(
  name: string,
  statements: Statement[],
  limit: Limit,
): { name: string; document: Document }[] {
  const fits = (some: Statement[]) => sizeOf(document(some)) <= limit.characters;
  const parts: Statement[][] = [];
  // A stack: the next statement is the last one.
  const waiting = [...statements].reverse();
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    if (!fits([next])) {
      const { Resource: all } = next;
      // Each part of a statement with exceptions would deny the exceptions of the other.
      const list = Array.isArray(all) ? all : [];
      const part = (some: string[]): Statement => ({
        ...next!,
        Resource: some.length === 1 ? some[0]! : some,
      });
      const count = mostOf(list.length - 1, (some) => fits([part(list.slice(0, some))]));
      if (count < 1) throw tooLarge(name, limit);
      waiting.push(part(list.slice(count)), part(list.slice(0, count)));
      continue;
    }
    const last = parts[parts.length - 1];
    // A Sid must be unique in a policy, and the parts of one statement share theirs.
    const isNew = last?.every((other) => other.Sid !== next!.Sid);
    if (last && isNew && fits([...last, next])) last.push(next);
    else parts.push([next]);
  }
  return parts.map((some, at) => ({
    name: at === 0 ? name : `${name}-${at + 1}`,
    document: document(some),
  }));
}

/** The greatest number up to `most` that fits, or 0. If a number fits, so does each smaller one. */
function mostOf(most: number, fits: (count: number) => boolean): number {
  let [low, high] = [0, most];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
