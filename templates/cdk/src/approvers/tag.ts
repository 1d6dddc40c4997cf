import type { Slot } from './slots';

/** The key of the tag that names the slot of a principal. */
export const TAG = 'ApprovalSlot';

/**
 * The value of the tag for each slot: its action's name without the beginning that all slots share.
 * The slots are different plain names, so the values are different. No value is empty.
 */
export function tagValues(slots: Slot[]): { beginning: string; values: string[] } {
  const actions = slots.map((slot) => slot.actions);
  let end = Math.min(...actions.map((action) => action.length)) - 1;
  while (!actions.every((action) => action.startsWith(actions[0]!.slice(0, end)))) end -= 1;
  const values = actions.map((action) => action.slice(end));
  return { beginning: actions[0]!.slice(0, end), values };
}
