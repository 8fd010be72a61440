// How far an installation is set up: read off what is there, so that nothing has to be remembered.

import type { Held } from "../live/held.ts";
import type { Agent, Channel } from "../protocol.ts";

export type Step = "number" | "team" | "message" | "answer";
export const STEPS: readonly Step[] = ["number", "team", "message", "answer"];

export interface Installation {
  channels: Iterable<Channel>;
  agents: Iterable<Agent>;
  held: Iterable<Held>;
}

/** The steps that are done. */
export function doneOf({ channels, agents, held }: Installation): Set<Step> {
  const done = new Set<Step>();
  if ([...channels].length > 0) done.add("number");
  if ([...agents].filter((one) => one.state === "active").length > 1) done.add("team");
  for (const one of held) {
    if (one.level !== "full") continue;
    if (one.view.thread.customer_seq > 0) done.add("message");
    const { preview, thread } = one.view;
    // Somebody's line was the last, or whoever wrote is answered.
    const isAnswered = preview?.author.kind === "agent" || thread.turn === null;
    if (thread.customer_seq > 0 && thread.last_agent !== null && isAnswered) done.add("answer");
  }
  return done;
}
