import { Annotations, Token } from 'aws-cdk-lib';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import type { Construct } from 'constructs';
import { isPlain, quoted } from './names';
import {
  answeringRoleName,
  DEFAULT_PREFIX,
  deskRoleName,
  gateRoleName,
  nameForAll,
  type Settings,
} from './settings';
import { TAG, tagValues } from './tag';

/** Warns about each choice that weakens the rule, and says what the user still has to do. */
export function warn(
  scope: Construct,
  settings: Settings,
  guardrails: string[],
  members: string[],
): void {
  const annotations = Annotations.of(scope);
  for (const [id, text] of warnings(settings)) {
    annotations.addWarningV2(`two-person-rule:${id}`, text);
  }
  const all = [...members, ...ofMechanism(settings, guardrails), ...ofGuardrails(settings)];
  all.forEach((text, at) => annotations.addInfoV2(`two-person-rule:note-${at + 1}`, text));
}

/** What the user still has to do for the mechanism. */
function ofMechanism(settings: Settings, guardrails: string[]): string[] {
  const { mechanism, slots } = settings;
  const notes: string[] = [];
  if (mechanism.kind === 'tag') {
    const { values } = tagValues(slots);
    notes.push(
      `tag each approver with ${TAG}, and one of the values ${quoted(values)}; the policy gives ` +
        'nothing without it',
    );
  }
  if (mechanism.kind === 'signed') {
    notes.push(
      `give the gate a rule with \`requireSignature\` before anybody gets ` +
        `\`${nameForAll(settings)}\`: IAM lets its holders answer every slot, and only that rule ` +
        'makes the gate count signatures',
    );
  }
  if (mechanism.kind === 'desk' && settings.prefix !== DEFAULT_PREFIX) {
    notes.push(
      `deploy the desk with the names \`${deskRoleName(settings)}\` and ` +
        `\`${answeringRoleName(settings)}\` for its roles: \`roleName\` and ` +
        '`answeringRoleName` of `ApprovalDesk`',
    );
  }
  const isOfCenter = 'entry' in mechanism && mechanism.entry?.by === 'identityCenter';
  if (isOfCenter && guardrails.length > 0) {
    notes.push(
      `create ${quoted(guardrails)} in each account of the permission sets, and attach it to ` +
        'them as a customer managed policy',
    );
  }
  return notes;
}

/** What the user still has to do for the guardrails. */
function ofGuardrails(settings: Settings): string[] {
  const { guards } = settings;
  if (!guards) return [];
  const notes: string[] = [];
  if (settings.prefix !== DEFAULT_PREFIX) {
    notes.push(
      `the guardrails assume that the gate's role is \`${gateRoleName(settings)}\`: give ` +
        '`TwoPersonGate` that `roleName`, or name its role in `jobWorkers`',
    );
  }
  if (guards.scp && guards.serviceRoles.length === 0) {
    notes.push(
      "the service control policy lets everybody invoke the gate, because the pipelines' service " +
        'role must; name that role in `serviceRoles` to deny the others',
    );
  }
  return notes;
}

/** The choices that weaken the rule: an id and a sentence for each. */
function warnings(settings: Settings): [string, string][] {
  const { targets, slots, guards, mechanism } = settings;
  const all: [string, string][] = [];
  if (!settings.exclusive) {
    all.push([
      'not-exclusive',
      '`exclusive` is false: a person who gets a second slot from another group, role or policy ' +
        "can approve twice; only the gate's count is left",
    ]);
  }
  if (targets.regions.includes('*')) {
    all.push(['any-region', '`regions` has `*`: approvers may approve in every region']);
  }
  const known = new Set(RegionInfo.regions.map((region) => region.name));
  for (const region of targets.regions) {
    if (region !== '*' && !Token.isUnresolved(region) && !known.has(region)) {
      all.push([
        'unknown-region',
        `\`${region}\`: that region is not known here; check its spelling, because policies ` +
          'for a region that does not exist let nobody approve',
      ]);
    }
  }
  if (targets.accounts.includes('*')) {
    all.push([
      'any-account',
      '`accounts` has `*`: the policies apply in any account that they are created in',
    ]);
  }
  for (const pipeline of targets.pipelines.filter((it) => !isPlain(it))) {
    all.push([
      'pipeline-pattern',
      `\`${pipeline}\`: anyone who may create a pipeline with such a name decides what approvers ` +
        'of this one may approve',
    ]);
  }
  if (!isPlain(targets.stage)) {
    all.push([
      'stage-pattern',
      `\`${targets.stage}\`: an approver of one stage may approve in every stage with such a name`,
    ]);
  }
  for (const slot of slots.filter((it) => !isPlain(it.actions))) {
    all.push([
      'slot-pattern',
      `the slot \`${slot.name}\` is the pattern \`${slot.actions}\`: its approvers may approve ` +
        'every action with such a name',
    ]);
  }
  // With `signed` the names of sessions do not matter.
  if (mechanism.kind === 'roles' && mechanism.entry.by === 'accounts') {
    for (const account of mechanism.entry.accounts.filter((it) => !targets.accounts.includes(it))) {
      all.push([
        'trusted-account',
        `\`${account}\`: anyone who may create users there chooses the names that approve here`,
      ]);
    }
  }
  for (const role of guards?.breakGlass ?? []) {
    all.push(['break-glass', `\`${role}\`: anyone who may assume that role can bypass the gate`]);
  }
  for (const role of guards?.jobWorkers ?? []) {
    all.push([
      'job-worker',
      `\`${role}\`: anyone who may assume that role can report success in the gate's place`,
    ]);
  }
  return all;
}
