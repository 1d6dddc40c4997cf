import { ACTION, checked, checkedName, isPlain, SLOT } from './names';
import type { Targets } from './targets';

/** An approval action, or a pattern of them, that one set of people serves. */
export interface Slot {
  readonly name: string;
  /** The name of its action, or a pattern of names. */
  readonly actions: string;
}

/** Returns two or more slots that have no action in common. Every mechanism relies on it. */
export function slotsOf(
  names: string[],
  patterns: Record<string, string>,
  targets: Targets,
): Slot[] {
  const slots: Slot[] = [
    ...names.map((name) => ({ name: checkedName(name, SLOT), actions: name })),
    ...Object.entries(patterns).map(([name, pattern]) => ({
      name: checkedName(name, SLOT),
      actions: checked(pattern, ACTION),
    })),
  ];
  if (slots.length < 2) {
    throw new Error(
      'one slot is not enough: two persons need two approvals; give at least two slots',
    );
  }
  slots.forEach((first, at) => {
    for (const second of slots.slice(at + 1)) {
      if (first.name.toLowerCase() === second.name.toLowerCase()) {
        throw new Error(
          `the slots \`${first.name}\` and \`${second.name}\` have the same name for IAM, which ` +
            'ignores case; rename one',
        );
      }
      const common = commonText(first.actions, second.actions);
      if (common !== undefined) {
        const action = targets.actionArns(common === '' ? 'x' : common)[0]!;
        throw new Error(
          `the slots \`${first.name}\` and \`${second.name}\` overlap: \`${action}\` would be in ` +
            'both; narrow one of the patterns',
        );
      }
    }
  });
  return slots;
}

/** The resources of all slots. */
export function everySlot(targets: Targets, slots: Slot[]): string[] {
  return slots.flatMap((slot) => targets.actionArns(slot.actions));
}

/** Throws if a slot is a pattern, and `wantedBy` needs the name of one action. */
export function requirePlainSlots(slots: Slot[], wantedBy: string): void {
  const pattern = slots.find((slot) => !isPlain(slot.actions));
  if (pattern) {
    throw new Error(
      `the slot \`${pattern.name}\` is a pattern, and ${wantedBy} needs the name of one action; ` +
        'give the slot as a plain name',
    );
  }
}

/** A shortest text that two patterns with `*` and `?` both match, if there is one. */
function commonText(first: string, second: string): string | undefined {
  const seen = new Set<string>();
  let texts = [{ a: 0, b: 0, text: '' }];
  while (texts.length > 0) {
    const longer: typeof texts = [];
    while (texts.length > 0) {
      const { a, b, text } = texts.pop()!;
      if (seen.has(`${a},${b}`)) continue;
      seen.add(`${a},${b}`);
      const [x, y] = [first[a], second[b]];
      if (x === undefined && y === undefined) return text;
      // A `*` may match nothing more, or the next character of the other pattern.
      if (x === '*') texts.push({ a: a + 1, b, text });
      if (y === '*') texts.push({ a, b: b + 1, text });
      if (x === undefined || y === undefined) continue;
      const isAny = (c: string) => c === '*' || c === '?';
      if (x === y || isAny(x) || isAny(y)) {
        const character = isAny(x) ? (isAny(y) ? 'x' : y) : x;
        const next = (at: number, c: string) => (c === '*' ? at : at + 1);
        longer.push({ a: next(a, x), b: next(b, y), text: text + character });
      }
    }
    texts = longer;
  }
  return undefined;
}
