// What the page makes of the answer to a command. No I/O: the page does what stands here.

import type { Item, Outcome } from "../live/outbox.ts";
import type { Id, Refused } from "../protocol.ts";

/** What is open, and what waits for its author. */
export interface Around {
  conversation: Id | undefined;
  outbox: readonly Item[];
}

export type Told =
  /** Somebody has it, or nobody, as was wanted. */
  | { say: "claimed" | "unassigned" }
  /** Who was named and will not hear of it. */
  | { say: "unreached"; agents: readonly Id[] }
  /** Why it was refused. */
  | { say: "refused"; refused: Refused; of: Id }
  /** It will not be sent: nothing waits for it. */
  | { gone: Id }
  /** The words go back into the composer of their conversation. */
  | { back: string; of: Id }
  /** The team wants to know how it ended. */
  | { ask: Extract<Refused, { code: "outcome_required" }>["outcomes"] }
  /** The customer wrote more, and the conversation is open. */
  | { stale: Item };

/** What follows from an answer. */
export function told(outcome: Outcome, { conversation, outbox }: Around): Told[] {
  if (outcome.kind === "accepted") {
    const { command } = outcome.item;
    const all: Told[] = [];
    if (command.type === "claim") all.push({ say: "claimed" });
    if (command.type === "unassign") all.push({ say: "unassigned" });
    const { unreached: agents = [] } = outcome.accepted;
    if (agents.length > 0) all.push({ say: "unreached", agents });
    return all;
  }
  if (outcome.kind !== "refused") return [];
  const { item, refused } = outcome;
  const { command } = item;
  const { conversation_id: of, op_id } = command;
  const kept = outbox.find((one) => one.command.op_id === op_id);
  const all: Told[] = kept === undefined ? [{ gone: op_id }] : [];
  const why: Told = { say: "refused", refused, of };
  if (command.type !== "reply" && command.type !== "send") {
    // A note's words are the author's to keep.
    if (command.type === "note") all.push({ back: command.text, of });
    const isAsked = refused.code === "outcome_required" && of === conversation;
    all.push(isAsked ? { ask: refused.outcomes } : why);
  } else if (kept === undefined) all.push({ back: command.text ?? "", of }, why);
  else if (of === conversation && refused.code === "stale") all.push({ stale: kept });
  return all;
}
