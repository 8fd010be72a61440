// What waited while there was no connection: told once, when it is all answered. No I/O.

import type { Item } from "../live/outbox.ts";
import type { Id } from "../protocol.ts";

/** How many of them were sent, and how many need somebody. */
export interface Back {
  sent: number;
  need: number;
}

export class Away {
  private waiting: Set<Id> | undefined;

  /** The outbox changed, or the connection did. What is to be told by now. */
  follow(isOffline: boolean, outbox: readonly Item[]): Back | undefined {
    const still = outbox.filter((item) => item.state !== "review");
    if (isOffline) {
      this.waiting = new Set(still.map((item) => item.command.op_id));
      return undefined;
    }
    const { waiting } = this;
    if (waiting === undefined || still.some((item) => waiting.has(item.command.op_id))) {
      return undefined;
    }
    this.waiting = undefined;
    if (waiting.size === 0) return undefined;
    const need = outbox.filter((item) => waiting.has(item.command.op_id)).length;
    return { sent: waiting.size - need, need };
  }

  /** Refused for good: it was not sent, and is said by itself. */
  refused(op_id: Id) {
    this.waiting?.delete(op_id);
  }
}
