// Who had a conversation and where it stood: which events are told as a line of the system's, each
// once.

import type { Event } from "../protocol.ts";
import type { Change } from "./held.ts";

/** Whether a line of the system's is drawn for it. */
export function isChange(event: Event): boolean {
  if (event.type === "block_changed") return event.actor.kind === "agent";
  return (
    event.type === "owner_changed" ||
    event.type === "status_changed" ||
    event.type === "priority_changed" ||
    event.type.startsWith("reminder_") ||
    event.type === "rule_ran"
  );
}

export function changeOf(event: Event): Change[] {
  const { revision, at } = event;
  return revision === undefined || !isChange(event) ? [] : [{ revision, at, event }];
}

/** Those that are held live and the earlier ones, by revision. One act is told once. */
export function joined(live: readonly Change[], earlier: readonly Change[]): Change[] {
  const known = new Set(live.map(({ revision }) => revision));
  const all = [...earlier.filter(({ revision }) => !known.has(revision)), ...live];
  const blocks = new Set(all.flatMap((one) => (isBlock(one.event) ? [one.at] : [])));
  const ends = new Set(all.flatMap((one) => (isEnd(one.event) ? [one.at] : [])));
  return all.filter(({ at, event }) => {
    // Whoever blocks resolves with it, and whoever resolves gives it back to the queue.
    if (isEnd(event)) return !blocks.has(at);
    const isBack = event.type === "owner_changed" && event.cause === "resolved";
    return !(isBack && (blocks.has(at) || ends.has(at)));
  });
}

const isBlock = (event: Event) => event.type === "block_changed" && event.block !== null;
const isEnd = (event: Event) => event.type === "status_changed" && event.status.kind === "resolved";
