import { isIamName, quoted } from './names';
import type { Plan } from './plan';
import { type Mechanism, nameForAll, namesBySlot, type Settings } from './settings';
import { TAG, tagValues } from './tag';

/** Puts the members into their groups. Returns what the user has to do for the others. */
export function addMembers(plan: Plan, settings: Settings): string[] {
  check(settings);
  const { mechanism, slots, members } = settings;
  if (Object.keys(members).length === 0) return [];
  const of = (slot: string) => [...new Set(members[slot])].sort();
  const all = [...new Set(Object.values(members).flat())].sort();
  const isBySlot = mechanism.kind === 'groups' || mechanism.kind === 'roles';
  const places: [string, string[]][] = isBySlot
    ? namesBySlot(settings).map((name, at) => [name, of(slots[at]!.name)])
    : [[nameForAll(settings), all]];
  const notes: string[] = [];
  for (const [name, people] of places) {
    const group = plan.groups.find((it) => it.name === name);
    if (group) {
      // CloudFormation puts only users into groups.
      group.members = people.filter((person) => !person.startsWith(ROLE));
    } else if (people.length > 0) {
      notes.push(
        `assign the permission set \`${name}\` in each account of the pipelines to ` +
          quoted(people),
      );
    }
  }
  if (mechanism.kind === 'tag') {
    const { values } = tagValues(slots);
    slots.forEach((slot, at) => {
      const people = of(slot.name);
      if (people.length === 0) return;
      notes.push(`set the tag \`${TAG}=${values[at]}\` of ${quoted(people)}`);
    });
  }
  return notes;
}

/** The beginning of the name of a role among members. */
const ROLE = 'role/';

/**
 * Throws if a slot does not exist, a name cannot be one, a person would have two slots that are
 * kept apart, or the mechanism gives nobody a group, a permission set or a tag.
 */
function check({ members, slots, mechanism }: Settings): void {
  const missing = Object.keys(members).find((name) => !slots.some((slot) => slot.name === name));
  if (missing !== undefined) {
    throw new Error(`\`members.${missing}\` is about no slot; name each slot as \`slots\` does`);
  }
  const keepsApart = mechanism.kind !== 'signed' && mechanism.kind !== 'desk';
  const known = new Map<string, string>();
  for (const slot of Object.keys(members).sort()) {
    for (const name of members[slot]!) {
      if (!isMember(name, mechanism)) {
        throw new Error(
          `\`members\` has \`${name}\`, which cannot be a user; write the name of an IAM user ` +
            'without its path, or with IAM Identity Center its user name',
        );
      }
      const other = known.get(name.toLowerCase());
      if (keepsApart && other !== undefined && other !== slot) {
        throw new Error(
          `\`members\` puts \`${name}\` into ${other} and ${slot}, and nobody may have two ` +
            'slots; remove one of them',
        );
      }
      known.set(name.toLowerCase(), slot);
    }
  }
  const entry = 'entry' in mechanism ? mechanism.entry : undefined;
  if (entry && entry.by !== 'identityCenter' && Object.keys(members).length > 0) {
    throw new Error(
      '`members` means nothing for a role that people assume through `WayIn.saml` or ' +
        '`WayIn.accounts`; use groups or `WayIn.identityCenter`, or leave it out',
    );
  }
}

/** Whether a text can name a member of the mechanism. */
function isMember(name: string, mechanism: Mechanism): boolean {
  if (mechanism.kind === 'tag') {
    return isIamName(name) || (name.startsWith(ROLE) && isIamName(name.slice(ROLE.length)));
  }
  const isOfGroup = !('entry' in mechanism && mechanism.entry);
  return isOfGroup ? isIamName(name) : /^[^\u0000-\u0020\u007f-\u009f]+$/.test(name);
}
