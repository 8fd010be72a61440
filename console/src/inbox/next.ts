// Taking what waits longest. The server says what is in line; each is claimed with the epoch that
// was told, so nothing is taken from a colleague: who was slower gets the one behind it.

import type { Outcome } from "../live/outbox.ts";
import type { CommandBody, Id, NextInLine, NextInLines } from "../protocol.ts";

/** Two rounds are enough for a hundred who take at once. */
const ROUNDS_MAX = 3;

interface Hands {
  ask: () => Promise<NextInLines>;
  act: (conversation: Id, body: CommandBody) => Id;
}

/** What became of taking: a conversation to open, or that nothing waits. */
export type Taken = { open: Id } | "nothing";

interface Line {
  rest: readonly NextInLine[];
  rounds: number;
}

export class TakeNext {
  /** Claims that are not answered yet, each with what is behind it. */
  private readonly waiting = new Map<Id, Line>();

  constructor(private readonly hands: Hands) {}

  /** Takes what is offered, else what waits longest. */
  async take(rounds = 1): Promise<Taken> {
    const { offer, waiting } = await this.hands.ask();
    if (offer !== undefined) {
      this.hands.act(offer.conversation_id, { type: "accept_offer", offer_id: offer.offer_id });
      return { open: offer.conversation_id };
    }
    return this.claim({ rest: waiting, rounds });
  }

  /** Takes what this page holds, where the server cannot be asked. */
  claimHeld({ id, owner_epoch }: { id: Id; owner_epoch: number }): Taken {
    this.hands.act(id, { type: "claim", expect_owner_epoch: owner_epoch });
    return { open: id };
  }

  private claim({ rest: [first, ...rest], rounds }: Line): Taken {
    if (first === undefined) return "nothing";
    const { conversation_id: open, owner_epoch: expect_owner_epoch } = first;
    this.waiting.set(this.hands.act(open, { type: "claim", expect_owner_epoch }), { rest, rounds });
    return { open };
  }

  /** Hears what became of a claim; where somebody was faster, takes the one behind it. */
  hear({ kind, ...outcome }: Outcome): Promise<Taken> | undefined {
    if (kind === "again") return undefined;
    const { op_id } = outcome.item.command;
    const line = this.waiting.get(op_id);
    if (line === undefined) return undefined;
    this.waiting.delete(op_id);
    if (!("refused" in outcome)) return undefined;
    const { code } = outcome.refused;
    if (code !== "owner_changed" && code !== "not_owner" && code !== "not_in_scope")
      return undefined;
    if (line.rest.length > 0) return Promise.resolve(this.claim(line));
    return line.rounds < ROUNDS_MAX ? this.take(line.rounds + 1) : Promise.resolve("nothing");
  }
}
