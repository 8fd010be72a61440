// Lists and counts in a pass over all: what `order.ts` keeps up to date is held against it.

import { type Held, headOf } from "../live/held.ts";
import { type Viewer, shows, waitingSince } from "./views.ts";

export interface Listing {
  /** Who waits, the longest first. */
  unanswered: Held[];
  /** The others, the newest first. */
  others: Held[];
}

export function listing(view: string, all: Iterable<Held>, me: Viewer, now: number): Listing {
  const unanswered: [number, Held][] = [];
  const others: [string, Held][] = [];
  for (const held of all) {
    if (!shows(view, held, me, now)) continue;
    const since = waitingSince(held);
    if (since === undefined) others.push([headOf(held).activity_at, held]);
    else unanswered.push([since, held]);
  }
  const id = (held: Held) => headOf(held).id;
  unanswered.sort(([a, x], [b, y]) => a - b || (id(x) < id(y) ? -1 : 1));
  others.sort(([a, x], [b, y]) => (a === b ? (id(x) < id(y) ? 1 : -1) : a < b ? 1 : -1));
  return { unanswered: unanswered.map(([, held]) => held), others: others.map(([, h]) => h) };
}

/** How many each view shows, in one pass. */
export function counts(
  views: string[],
  all: Iterable<Held>,
  me: Viewer,
  now: number,
): Map<string, number> {
  const counted = new Map(views.map((view) => [view, 0]));
  for (const held of all) {
    for (const view of views) {
      if (shows(view, held, me, now)) counted.set(view, (counted.get(view) ?? 0) + 1);
    }
  }
  return counted;
}
