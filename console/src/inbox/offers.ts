// Offers that stand, of what a client holds.

import type { Held } from "../live/held.ts";
import type { Id, OpenOffer } from "../protocol.ts";

export interface ShownOffer {
  id: Id;
  offer: OpenOffer;
  /** Seconds that are left. */
  left: number;
}

/** Who is asked just now to take a conversation. */
export function offeredTo(held: Held | undefined): Id | undefined {
  return held?.level === "full" ? held.view.thread.offer?.agent_id : undefined;
}

/** What is offered to an agent at a time, what ends first before the others. */
export function offersOf(all: Iterable<Held>, agent: Id, now: number): ShownOffer[] {
  const found: ShownOffer[] = [];
  for (const held of all) {
    if (held.level !== "full") continue;
    const { offer } = held.view.thread;
    if (offer === undefined || offer === null || offer.agent_id !== agent) continue;
    const left = Math.ceil((Date.parse(offer.until) - now) / 1_000);
    if (left > 0) found.push({ id: held.view.head.id, offer, left });
  }
  return found.sort((one, other) => one.left - other.left);
}
