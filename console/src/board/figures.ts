// What a supervisor sees at a glance, counted from the rows that are held.

import { WINDOW_SOON_MS, isLate, waitingSince, windowLeft } from "../inbox/views.ts";
import { type Held, headOf } from "../live/held.ts";
import type { BoardAlert, Id, Board as Told } from "../protocol.ts";

export interface Figures {
  open: number;
  unassigned: number;
  late: number;
  /** How long the first has waited, ms; undefined when nobody waits. */
  oldest: number | undefined;
  /** Customers who wait and whose window ends within 4 hours. */
  windows: number;
}
/** What waits in a team's queue. */
export interface QueueFigures {
  count: number;
  oldest: number | undefined;
}
export interface Board {
  figures: Figures;
  /** Who waits for an answer, the longest first. */
  waiting: Held[];
  queues: Map<Id, QueueFigures>;
  /** Late ones by who owns them. */
  late: Map<Id, number>;
  /** What each person has, the longest wait first. */
  owned: Map<Id, Held[]>;
}

/** Counts what belongs to these teams; all that is held where none is named. */
export function board(all: Iterable<Held>, teams: ReadonlySet<Id> | undefined, now: number): Board {
  const figures: Figures = { open: 0, unassigned: 0, late: 0, oldest: undefined, windows: 0 };
  const queues = new Map<Id, QueueFigures>();
  const late = new Map<Id, number>();
  const owned = new Map<Id, Held[]>();
  const waiting: [number, Held][] = [];
  for (const held of all) {
    const { owner, status, team_id } = headOf(held);
    if (teams !== undefined && !teams.has(team_id)) continue;
    if (status.kind === "resolved" || status.kind === "snoozed") continue;
    figures.open += 1;
    if (owner.kind === "agent") owned.set(owner.id, [...(owned.get(owner.id) ?? []), held]);
    const since = waitingSince(held);
    if (since === undefined || status.kind !== "open") continue;
    waiting.push([since, held]);
    const waited = now - since;
    figures.oldest = Math.max(figures.oldest ?? 0, waited);
    if (owner.kind === "queue") {
      figures.unassigned += 1;
      const queue = queues.get(owner.id) ?? { count: 0, oldest: undefined };
      queues.set(owner.id, {
        count: queue.count + 1,
        oldest: Math.max(queue.oldest ?? 0, waited),
      });
    }
    const left = windowLeft(held, now);
    if (left !== undefined && left > 0 && left <= WINDOW_SOON_MS) figures.windows += 1;
    if (isLate(held, now)) {
      figures.late += 1;
      if (owner.kind === "agent") late.set(owner.id, (late.get(owner.id) ?? 0) + 1);
    }
  }
  const order = (a: Held, b: Held) =>
    (waitingSince(a) ?? Number.POSITIVE_INFINITY) - (waitingSince(b) ?? Number.POSITIVE_INFINITY);
  for (const mine of owned.values()) mine.sort(order);
  waiting.sort(([a, x], [b, y]) => a - b || (headOf(x).id < headOf(y).id ? -1 : 1));
  return { figures, waiting: waiting.map(([, held]) => held), queues, late, owned };
}

/** The alerts of these teams and of everybody, as far as this version knows them. */
export function alertsOf(told: Told | undefined, teams: ReadonlySet<Id>): BoardAlert[] {
  return (told?.alerts ?? []).filter((alert) => {
    if (alert.kind === "brake") return true;
    return ["nobody_there", "orphans", "late"].includes(alert.kind) && teams.has(alert.team_id);
  });
}

/** Conversations of these teams that somebody is asked to take; undefined where nobody counted. */
export function offersOut(told: Told | undefined, teams: ReadonlySet<Id>): number | undefined {
  if (told === undefined) return undefined;
  return [...teams].reduce((sum, team) => sum + (told.teams[team]?.offered ?? 0), 0);
}
