// Messages that wait for a person: which there are, what may be done with each, and the command.

import { canSendAnew, messageOf, partsToSend } from "../inbox/question.ts";
import { type Held, headOf } from "../live/held.ts";
import type { CommandBody, Id, Line, ReviewCount, Seen, View } from "../protocol.ts";
import { type Filter, type Kind, OLDER } from "./filter.ts";

export interface Row {
  view: View;
  line: Line;
}
/** Send it, say that it arrived, or let it go. */
export type Decision = "send" | "arrived" | "discard";
export const DECISIONS: readonly Decision[] = ["send", "arrived", "discard"];

export const ROWS = 50;

/** What the server is asked for a page. */
export function pathOf(filter: Filter, now: number, page?: string): string {
  const { kind, channel, older } = filter;
  const query = new URLSearchParams({ limit: String(ROWS) });
  if (kind !== undefined) query.set("status", kind === "unconfirmed" ? kind : "held");
  if (kind !== undefined && kind !== "unconfirmed") query.set("reason", kind);
  if (channel !== undefined) query.set("channel", channel);
  if (older !== undefined) query.set("before", new Date(now - OLDER[older]).toISOString());
  if (page !== undefined) query.set("page", page);
  return `/review?${query}`;
}

export function totalOf(counts: readonly ReviewCount[]): number {
  return counts.reduce((sum, { count }) => sum + count, 0);
}

export function countsByKind(counts: readonly ReviewCount[]): Map<Kind, number> {
  const found = new Map<Kind, number>();
  for (const { status, reason, count } of counts) {
    const kind = status === "unconfirmed" ? status : reason;
    if (kind !== undefined) found.set(kind, (found.get(kind) ?? 0) + count);
  }
  return found;
}

export const isWaiting = ({ status }: Line): boolean =>
  status === "held" || status === "unconfirmed";

export const kindOf = ({ status, held }: Line): Kind | undefined =>
  status === "unconfirmed" ? "unconfirmed" : held;

/** The row as this browser knows it by now: live where its conversation is held here. */
export function current(row: Row, held: Held | undefined): Row {
  if (held?.level !== "full") return row;
  const line = held.lines?.lines.find((one) => one.id === row.line.id);
  const isNewer = held.view.head.revision >= row.view.head.revision;
  return { view: isNewer ? held.view : row.view, line: line ?? row.line };
}

/** WhatsApp may still tell the outcome: so long, nobody decides, ms. */
const CONFIRMING_MS = 60_000;

export const isConfirming = ({ status, at }: Line, now: number): boolean =>
  status === "unconfirmed" && now - Date.parse(at) < CONFIRMING_MS;

export function isWindowOpen({ thread }: View, now: number): boolean {
  if (thread.kind === "group") return true;
  return thread.window_until !== null && Date.parse(thread.window_until) > now;
}

/** Once the window closed, a template alone may be sent. */
export const mayLeave = (view: View, { kind }: Line, now: number): boolean =>
  kind === "template" || isWindowOpen(view, now);

/** What can be done with it, as far as can be seen from here; the server decides. */
export function mayBe(decision: Decision, { view, line }: Row, now: number): boolean {
  if (!isWaiting(line) || isConfirming(line, now)) return false;
  switch (decision) {
    case "send":
      // A held message is written anew: what it says must be known whole.
      return mayLeave(view, line, now) && (line.status === "unconfirmed" || canSendAnew(line));
    case "arrived":
      return line.status === "unconfirmed";
    case "discard":
      return line.status === "held";
  }
}

/** Who said something after it, as far as the row tells. */
export function saidSince({ view, line }: Row): "customer" | "team" | undefined {
  if (view.thread.customer_seq > line.seq) return "customer";
  return view.head.last_seq > line.seq ? "team" : undefined;
}

export function commandOf(decision: Decision, { line }: Row, seen: Seen): CommandBody {
  switch (decision) {
    case "arrived":
      return { type: "mark_sent", message_id: line.id };
    case "discard":
      return { type: "cancel", message_id: line.id };
    case "send": {
      if (line.status === "unconfirmed") return { type: "resend", message_id: line.id, seen };
      const { quoted, content } = line;
      return messageOf(content.text ?? "", seen, {
        details: partsToSend(line),
        quoted,
        replaces: line.id,
      });
    }
  }
}

/** What whoever sends a message anew has before them: what it answered, itself, and what followed. */
export interface Context {
  before: Line[];
  since: Line[];
  /** How many followed that are not shown. */
  more: number;
  seen: Seen;
}

const BEFORE_MAX = 2;
const SINCE_MAX = 6;

/** `undefined` while its lines are not here. */
export function contextOf({ line }: Row, held: Held | undefined): Context | undefined {
  if (held?.level !== "full" || held.lines === undefined) return undefined;
  const { lines } = held.lines;
  const last = lines.at(-1);
  // Only an unbroken run from the message on says what was missed.
  if (last === undefined || held.lines.from_seq > line.seq) return undefined;
  const since = lines.filter((one) => one.seq > line.seq);
  return {
    before: lines.filter((one) => one.seq < line.seq).slice(-BEFORE_MAX),
    since: since.slice(-SINCE_MAX),
    more: Math.max(0, since.length - SINCE_MAX),
    seen: { seq: last.seq, id: last.id },
  };
}

export const conversationOf = ({ view }: Row): Id => headOf({ level: "full", view }).id;
