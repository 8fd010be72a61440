// Which rows of a list are chosen: one at a time, a run of them, or all.

import type { Id } from "../protocol.ts";

export interface Choice {
  ids: ReadonlySet<Id>;
  /** Where a run begins: the row that was chosen or let go last. */
  from: Id | undefined;
}

export const nothing: Choice = { ids: new Set(), from: undefined };

export function toggled({ ids }: Choice, id: Id): Choice {
  const next = new Set(ids);
  if (!next.delete(id)) next.add(id);
  return { ids: next, from: id };
}

/** Everything from where the run begins to this row, beside what was chosen before. */
export function extended(choice: Choice, order: readonly Id[], to: Id): Choice {
  const start = choice.from === undefined ? -1 : order.indexOf(choice.from);
  const end = order.indexOf(to);
  if (end < 0) return choice;
  if (start < 0) return { ids: new Set([...choice.ids, to]), from: to };
  const run = order.slice(Math.min(start, end), Math.max(start, end) + 1);
  return { ids: new Set([...choice.ids, ...run]), from: choice.from };
}

/** All of the list; none, where all are chosen. */
export function all({ ids }: Choice, order: readonly Id[]): Choice {
  const isAll = order.length > 0 && order.every((id) => ids.has(id));
  return isAll ? nothing : { ids: new Set(order), from: undefined };
}

/** What is chosen and still listed, in the list's order: nothing is done to what is out of sight. */
export function picked({ ids }: Choice, order: readonly Id[]): Id[] {
  return ids.size === 0 ? [] : order.filter((id) => ids.has(id));
}
