// Moving conversations: the command for a drop.

import { type Held, headOf } from "../live/held.ts";
import type { CommandBody, Owner } from "../protocol.ts";

const isSame = (a: Owner, b: Owner) => a.kind === b.kind && a.id === b.id;

/** What gives a conversation to somebody; undefined where there is nothing to do. */
export function commandOf(held: Held, to: Owner, isForced: boolean): CommandBody | undefined {
  const head = headOf(held);
  const { owner_epoch: expect_owner_epoch } = head;
  if (isSame(head.owner, to)) return undefined;
  if (to.kind === "agent") {
    const more = isForced ? { exceed_capacity: true } : {};
    return { type: "assign", agent_id: to.id, expect_owner_epoch, ...more };
  }
  if (to.id === head.team_id) return { type: "unassign", expect_owner_epoch };
  // Another team's queue is told what was said so far: only who sees that can send it there.
  if (held.level !== "full") return undefined;
  return { type: "transfer", to, expect_owner_epoch, seen: held.view.thread.last_line };
}
