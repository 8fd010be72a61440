// What the menu of an open conversation offers, by what is held of it and who asks. No I/O.

import { type Held, headOf } from "../live/held.ts";
import { type Hand, mayBlock, mayPutAside, mayReopen, mayUnassign } from "../rules.ts";
import { isFollowed } from "./views.ts";

export type More =
  | "contact"
  | "copy-link"
  | "unread"
  | "why"
  | "priority"
  | "remind"
  | "tag"
  | "follow"
  | "unfollow"
  | "block"
  | "unblock"
  | "reopen"
  | "waiting"
  | "unassign";

/** In the order in which they stand. */
export function moreOf(held: Held | undefined, hand: Hand): More[] {
  const all: More[] = ["contact", "copy-link"];
  if (held === undefined) return all;
  const head = headOf(held);
  const isResolved = head.status.kind === "resolved";
  const full = held.level === "full" ? held : undefined;
  if (full !== undefined) {
    const { thread } = full.view;
    if (thread.customer_seq > 0) all.push("unread");
    all.push("why");
    if (!isResolved) all.push("priority");
    all.push("remind", "tag", isFollowed(full, hand.me) ? "unfollow" : "follow");
    if (mayBlock(head, thread, hand)) all.push(thread.block === undefined ? "block" : "unblock");
  }
  if (isResolved) return all;
  if (mayReopen(held, hand)) all.push("reopen");
  const canPutAside = full !== undefined && mayPutAside(head, hand);
  if (canPutAside && head.status.kind !== "waiting") all.push("waiting");
  if (mayUnassign(head, hand)) all.push("unassign");
  return all;
}
