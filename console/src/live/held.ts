// What is held of a conversation: a row, a row with what a list shows, or all with its lines.

import type { CoachNote, Event, Head, Id, Line, Note, View } from "../protocol.ts";

/** The lines that are held of a conversation: one unbroken run up to its last. */
export interface Lines {
  from_seq: number;
  /** By seq. */
  lines: Line[];
  /** By revision. */
  notes: Note[];
  /** By position. */
  coaching?: CoachNote[];
  /** Who handed it over, why, and so on: by revision, live only. */
  changes: Change[];
}

/** What happened between lines, told as a line of the system's. */
export interface Change {
  revision: number;
  at: string;
  event: Event;
}

/** What decides about views of a conversation whose row was not read yet. */
export interface Slim {
  customer_seq: number;
  read_seq: number;
  /** ms */
  window_until: number | null;
  isFollowed: boolean;
  tags?: readonly Id[] | undefined;
  language?: string | undefined;
}

export type Held =
  | { level: "head"; head: Head }
  /** Its row is read when it comes into sight. */
  | { level: "packed"; head: Head; slim: Slim }
  | { level: "full"; view: View; lines?: Lines };

/** Conversations by id, and which of them changed since that was asked. */
export class HeldMap extends Map<Id, Held> {
  private changed = new Set<Id>();

  override set(id: Id, held: Held): this {
    this.changed.add(id);
    return super.set(id, held);
  }
  override delete(id: Id): boolean {
    this.changed.add(id);
    return super.delete(id);
  }
  takeChanged(): ReadonlySet<Id> {
    const { changed } = this;
    this.changed = new Set();
    return changed;
  }
}

export const headOf = (held: Held): Head => (held.level === "full" ? held.view.head : held.head);

/** Lines of the customer that this agent has not read. */
export function unreadOf(held: Held): number {
  if (held.level === "head") return 0;
  const { customer_seq } = held.level === "full" ? held.view.thread : held.slim;
  return Math.max(0, customer_seq - readOf(held));
}

/** Those of them that are to be read: neither what was taken back nor that it was. Lines that are
 * not held count as said. */
export function unreadLinesOf(held: Held): number {
  if (held.level !== "full" || held.lines === undefined) return unreadOf(held);
  const { from_seq, lines } = held.lines;
  const upto = held.view.thread.customer_seq;
  const first = readOf(held) + 1;
  const notHeld = Math.max(0, Math.min(from_seq, upto + 1) - first);
  const isSaid = ({ seq, author, kind, amended }: Line): boolean =>
    seq >= first &&
    seq <= upto &&
    author.kind === "customer" &&
    kind !== "revocation" &&
    amended?.revoked === undefined;
  return notHeld + lines.filter(isSaid).length;
}

/** How far this agent has read. */
export function readOf(held: Held | undefined): number {
  if (held === undefined || held.level === "head") return 0;
  return held.level === "full" ? held.view.read_seq : held.slim.read_seq;
}

/** A group has no window that could close. */
export const isGroup = (held: Held): boolean =>
  held.level === "full" && held.view.thread.kind === "group";

/** The end of the window, ms; null before the customer ever wrote. */
export function windowUntil(held: Exclude<Held, { level: "head" }>): number | null {
  if (held.level === "packed") return held.slim.window_until;
  const { window_until: until } = held.view.thread;
  return until === null ? null : Date.parse(until);
}

/** One that was opened: its lines are held. */
export type Full = Extract<Held, { level: "full" }>;
