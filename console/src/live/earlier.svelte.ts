// What happened to conversations before this page held them, as the server tells it to whoever
// reads them now.

import type { ChangePage, Id } from "../protocol.ts";
import { changeOf } from "./changes.ts";
import type { Change } from "./held.ts";

const ROWS = 100;
/** Conversations of which it is kept. */
const KEPT_MAX = 20;

export class Earlier {
  private all: ReadonlyMap<Id, readonly Change[]> = $state.raw(new Map());

  constructor(private readonly ask: (path: string) => Promise<ChangePage>) {}

  /** The oldest first. */
  of(id: Id): readonly Change[] {
    return this.all.get(id) ?? [];
  }

  async read(id: Id) {
    try {
      const { changes } = await this.ask(`/conversations/${id}/changes?limit=${ROWS}`);
      const others = [...this.all].filter(([one]) => one !== id).slice(1 - KEPT_MAX);
      this.all = new Map([...others, [id, changes.flatMap(changeOf).reverse()]]);
    } catch {
      // What happens from now on is told live.
    }
  }
}
