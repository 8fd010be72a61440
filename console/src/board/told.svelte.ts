// What the server counts for supervisors: figures that no browser holds, and whether people would
// hear of something. Asked every few seconds while somebody looks.

import type { BoardAgent, Board, Id } from "../protocol.ts";

/** The server counts once a second at most; boards need it less often. */
const EVERY_MS = 5_000;

/** A board that asks. */
export interface Asking {
  readonly isLive: boolean;
  ask<T>(path: string): Promise<T>;
}

export class Told {
  board: Board | undefined = $state.raw();
  readonly agents: ReadonlyMap<Id, BoardAgent> = $derived(
    new Map((this.board?.agents ?? []).map((one) => [one.agent_id, one])),
  );

  /** Asks until the answer is called. What a server of before does not know is left out. */
  watch(desk: Asking): () => void {
    let isOver = false;
    const read = () =>
      desk.ask<Board>("/board").then(
        (board) => {
          if (!isOver) this.board = board;
        },
        () => undefined,
      );
    void read();
    const timer = setInterval(() => {
      if (desk.isLive && document.visibilityState === "visible") void read();
    }, EVERY_MS);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }
}
