// Elements of webhooks that were set aside: what is still to be decided, by reason.

import type { Quarantined } from "../protocol.ts";

export const ROWS = 50;
/** The server tells the beginning of an element, up to this many characters. */
export const TOLD_CHARS = 4_096;

export type Stand = "waits" | "replayed" | "dismissed";

export function standOf({ replayed_at, dismissed_at }: Quarantined): Stand {
  if (dismissed_at !== null) return "dismissed";
  return replayed_at === null ? "waits" : "replayed";
}

export interface Group {
  reason: string;
  rows: Quarantined[];
}

/** By reason, the one with the newest element first; within each the newest first. */
export function groups(rows: readonly Quarantined[], isAll: boolean): Group[] {
  const found = new Map<string, Quarantined[]>();
  for (const row of rows) {
    if (!isAll && standOf(row) !== "waits") continue;
    const group = found.get(row.reason);
    if (group === undefined) found.set(row.reason, [row]);
    else group.push(row);
  }
  return [...found].map(([reason, of]) => ({ reason, rows: of }));
}

/** An element as people read it: JSON in lines where it is whole, else as it came. */
export function readable(element: string): string {
  try {
    return JSON.stringify(JSON.parse(element), null, 2);
  } catch {
    return element;
  }
}

export const isCut = (element: string): boolean => [...element].length >= TOLD_CHARS;

/** What the server is asked for: the newest, or those before one. */
export function pathOf(before?: Quarantined): string {
  return `/quarantine?limit=${ROWS}${before === undefined ? "" : `&before=${before.id}`}`;
}
