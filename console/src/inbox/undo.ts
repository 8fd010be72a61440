// Messages that wait before they leave, so that they can be taken back.

import type { Held } from "../live/held.ts";
import { headOf } from "../live/held.ts";
import type { Line } from "../protocol.ts";
import type { Hand } from "../rules.ts";

/** A message that can be taken back. */
export interface Waiting {
  line: Line;
  /** Its author may send it at once. */
  isMine: boolean;
  /** Milliseconds that are left. */
  leftMs: number;
}

const isBy = (line: Line, id: string) => line.author.kind === "agent" && line.author.id === id;

/** The last message that this hand may take back. */
export function waitingOf(held: Held, hand: Hand, now: number): Waiting | undefined {
  if (held.level !== "full") return undefined;
  const { owner, team_id } = headOf(held);
  const isOwner = owner.kind === "agent" && owner.id === hand.me;
  const mayAll = isOwner || hand.supervises(team_id);
  for (const line of held.lines?.lines.toReversed() ?? []) {
    if (line.leaves_at === undefined || line.status !== "queued") continue;
    const leftMs = Date.parse(line.leaves_at) - now;
    const isMine = isBy(line, hand.me);
    if (leftMs > 0 && (isMine || mayAll)) return { line, isMine, leftMs };
  }
  return undefined;
}
