// Which conversations a view shows, in which order, and what asks for action in a row.

import { type Held, headOf, isGroup, windowUntil } from "../live/held.ts";
import type { Id, SavedView, Status } from "../protocol.ts";
import { queueAt } from "./priority.ts";
import { fits, viewId } from "./saved.ts";
import { type Tags, isInView } from "./tags.ts";

/** From here on a customer's wait is shown as soon due, and as late, ms: where nothing is promised. */
export const SOON_MS = 8 * 60_000;
export const LATE_MS = 15 * 60_000;
/** A window is shown from here on, and as late from there, ms. */
export const WINDOW_SOON_MS = 4 * 3_600_000;
export const WINDOW_LATE_MS = 3_600_000;

export type Urgency = "fine" | "soon" | "late";

export interface Viewer {
  agent: Id;
  teams: Id[];
  /** Views that are kept by name. */
  saved?: readonly SavedView[];
  /** Tags that are set up. */
  tags?: Tags | undefined;
}

/** Since when the customer waits, ms; undefined when nobody does. */
export function waitingSince(held: Held): number | undefined {
  const { unanswered_since: since, status } = headOf(held);
  return since === null || status.kind === "resolved" ? undefined : Date.parse(since);
}

/** The time until which the customer was promised something, ms; undefined where nothing is. */
export function dueAt(held: Held): number | undefined {
  const { due_at: due, status } = headOf(held);
  return due === undefined || status.kind !== "open" ? undefined : Date.parse(due);
}

/** From when on the customer's wait is late, ms: by what was promised, else by the usual time. */
export function waitLateAt(held: Held): number {
  const since = waitingSince(held);
  return dueAt(held) ?? (since === undefined ? Number.POSITIVE_INFINITY : since + LATE_MS);
}

export function waitUrgency(held: Held, now: number): Urgency {
  const left = waitLateAt(held) - now;
  return left <= 0 ? "late" : left <= LATE_MS - SOON_MS ? "soon" : "fine";
}

/** What is left of the window in which an answer is due, ms; undefined when that is no news. */
export function windowLeft(held: Held, now: number): number | undefined {
  if (held.level === "head" || waitingSince(held) === undefined) return undefined;
  if (isGroup(held)) return undefined;
  const until = windowUntil(held);
  const left = until === null ? 0 : until - now;
  return left > WINDOW_SOON_MS ? undefined : Math.max(0, left);
}

export function isLate(held: Held, now: number): boolean {
  const left = windowLeft(held, now);
  return waitUrgency(held, now) === "late" || (left !== undefined && left < WINDOW_LATE_MS);
}

const isUp = (status: Status) => status.kind === "open" || status.kind === "waiting";

export const isFollowed = (held: Held, agent: Id): boolean =>
  held.level === "packed"
    ? held.slim.isFollowed
    : held.level === "full" && held.view.thread.followers?.includes(agent) === true;

/** Whether a view shows it; `undefined` for a view that does not exist. */
export function shows(view: string, held: Held, me: Viewer, now: number): boolean {
  const { owner, status, team_id, channel_id } = headOf(held);
  const isMine = owner.kind === "agent" ? owner.id === me.agent : me.teams.includes(owner.id);
  switch (view) {
    case "mine":
      return isUp(status) && (isMine || isFollowed(held, me.agent));
    case "late":
      return status.kind === "open" && isLate(held, now);
    case "snoozed":
      return status.kind === "snoozed";
    case "open":
      return isUp(status);
    default:
      if (view.startsWith("saved-")) {
        const saved = me.saved?.find((one) => viewId(one) === view);
        return saved !== undefined && fits(saved.filter, held, me.agent);
      }
      if (view.startsWith("tag-")) return isInView(view, held, me.tags);
      return (view === `team-${team_id}` || view === `channel-${channel_id}`) && isUp(status);
  }
}

/** The first that nobody has, of the viewer's teams: what is urgent, then the least window, then the place in the queue. */
export function mostUrgent(all: Iterable<Held>, me: Viewer, now: number): Held | undefined {
  let best: [boolean, number, number, Held] | undefined;
  for (const held of all) {
    const head = headOf(held);
    const { owner, status } = head;
    const since = waitingSince(held);
    if (since === undefined || status.kind !== "open" || held.level === "head") continue;
    if (owner.kind !== "queue" || !me.teams.includes(owner.id)) continue;
    const left = windowLeft(held, now);
    // A window that closed cannot be saved any more.
    const hurry = left === undefined || left === 0 ? Number.POSITIVE_INFINITY : left;
    const [isUrgent, place] = [head.priority === "urgent", queueAt(head, since)];
    const isFirst =
      best === undefined ||
      (isUrgent === best[0] ? hurry < best[1] || (hurry === best[1] && place < best[2]) : isUrgent);
    if (isFirst) best = [isUrgent, hurry, place, held];
  }
  return best?.[3];
}
