// Where else the person of a conversation is answered: on other numbers, or under other names.

import { type Held, headOf } from "../live/held.ts";
import type { Desk } from "../live/session.svelte.ts";
import type { ConversationPage, Id } from "../protocol.ts";

export class Elsewhere {
  /** As the server told them; undefined until it did. */
  private told: Held[] | undefined = $state.raw();
  private turn = 0;
  constructor(private readonly desk: Desk) {}

  /** Asks anew; an answer that another question overtook is dropped. */
  async read(id: Id): Promise<void> {
    this.turn += 1;
    const mine = this.turn;
    try {
      const page = await this.desk.ask<ConversationPage>(`/conversations/${id}/elsewhere`);
      if (mine !== this.turn) return;
      this.told = page.conversations.map((row): Held =>
        row.level === "head" ? row : { level: "full", view: row.view },
      );
    } catch {
      // It is asked again when the conversation changes; what is known stays.
    }
  }

  /** It is somebody else from here on. */
  forget(id: Id): void {
    this.told = this.told?.filter((held) => headOf(held).id !== id);
  }

  /** As they stand now, where this page holds them. */
  get all(): Held[] {
    return (this.told ?? []).map((held) => this.desk.newer(held));
  }

  /** Those that are open and a colleague's: whoever replies here should know. */
  get answered(): Held[] {
    return this.all.filter((held) => {
      const { owner, status } = headOf(held);
      const isOthers = owner.kind === "agent" && owner.id !== this.desk.who.agent_id;
      return isOthers && status.kind === "open";
    });
  }
}
