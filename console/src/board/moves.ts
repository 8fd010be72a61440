// Moving conversations: the command for a drop, the one that takes it back, and what became of many.

import { type Held, headOf } from "../live/feed.ts";
import type { CommandBody, Head, Id, Owner, Refused } from "../protocol.ts";

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
  if (held.level === "head") return undefined;
  return { type: "transfer", to, expect_owner_epoch, seen: held.view.thread.last_line };
}

/** Where a conversation was before it was moved. */
export interface Before {
  id: Id;
  owner: Owner;
  owner_epoch: number;
}

export const beforeOf = ({ id, owner, owner_epoch }: Head): Before => ({ id, owner, owner_epoch });

/** What takes a move back; undefined where somebody has acted since. */
export function undoOf(before: Before, held: Held | undefined): CommandBody | undefined {
  if (held === undefined || headOf(held).owner_epoch !== before.owner_epoch + 1) return undefined;
  // They had it before: their limit is no reason.
  return commandOf(held, before.owner, true);
}

/** The answers to commands that were given at once. */
export class Batch {
  readonly accepted: Before[] = [];
  readonly refused: { before: Before; refused: Refused }[] = [];

  constructor(private readonly waiting: Map<Id, Before>) {}

  has(op_id: Id): boolean {
    return this.waiting.has(op_id);
  }

  /** Whether this was the last answer. */
  answered(op_id: Id, refused: Refused | undefined): boolean {
    const before = this.waiting.get(op_id);
    if (before === undefined) return false;
    this.waiting.delete(op_id);
    if (refused === undefined) this.accepted.push(before);
    else this.refused.push({ before, refused });
    return this.waiting.size === 0;
  }
}
