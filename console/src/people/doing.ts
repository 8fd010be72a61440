// What colleagues do this moment, as far as it is told: replying comes before looking.

import type { Desk } from "../live/session.svelte.ts";
import type { Id } from "../protocol.ts";

export interface Doing {
  conversation: Id;
  what: "replying" | "looking";
}

export function doings({ viewing, leases }: Pick<Desk, "viewing" | "leases">): Map<Id, Doing> {
  const all = new Map<Id, Doing>();
  for (const [conversation, agents] of viewing) {
    for (const agent of agents) all.set(agent, { conversation, what: "looking" });
  }
  for (const [conversation, holder] of leases) {
    all.set(holder.agent_id, { conversation, what: "replying" });
  }
  return all;
}
