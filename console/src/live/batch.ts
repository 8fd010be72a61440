// The answers to commands that were given at once, each about something of its own.

import type { Id, Refused } from "../protocol.ts";

export class Batch<T> {
  readonly accepted: T[] = [];
  readonly refused: { of: T; refused: Refused }[] = [];

  /** What each command is about, by op id. */
  constructor(private readonly waiting: Map<Id, T>) {}

  has(op_id: Id): boolean {
    return this.waiting.has(op_id);
  }

  /** What is not answered yet. */
  get left(): T[] {
    return [...this.waiting.values()];
  }

  /** Whether this was the last answer. */
  answered(op_id: Id, refused: Refused | undefined): boolean {
    const of = this.waiting.get(op_id);
    if (of === undefined) return false;
    this.waiting.delete(op_id);
    if (refused === undefined) this.accepted.push(of);
    else this.refused.push({ of, refused });
    return this.waiting.size === 0;
  }
}
