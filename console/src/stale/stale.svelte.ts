// Replies that a person decides on: one by one as they come, or several in one sheet.

import { type Question, messageOf, ofItem } from "../inbox/question.ts";
import type { Item } from "../live/outbox.ts";
import type { Desk } from "../live/session.svelte.ts";
import type { Id, Seen } from "../protocol.ts";
import { type Sheet, begin } from "./sheet.ts";

export class Stale {
  /** The one that is asked about. */
  question: Question | undefined = $state.raw();
  /** Several, as they are opened. */
  sheet: Sheet | undefined = $state.raw();

  constructor(private readonly desk: Desk) {}

  private get waiting(): Item[] {
    return this.desk.outbox.filter(({ state }) => state === "review");
  }

  /** A reply was refused while its conversation is open: asked at once, unless others wait too. */
  refused(item: Item) {
    if (this.question !== undefined || this.sheet !== undefined) return;
    if (this.waiting.length === 1) this.question = ofItem(item);
  }

  /** Everything that waits; the conversation of the only one is opened first. */
  async begin(open: (id: Id) => void) {
    const [only, ...others] = this.waiting;
    if (only === undefined) return;
    if (others.length > 0) {
      this.sheet = begin(this.waiting, (id) => this.desk.get(id));
      return;
    }
    const { conversation_id: id } = only.command;
    await this.desk.open(id);
    open(id);
    this.question = ofItem(only);
  }

  send({ conversation, command, item, replaces }: Question, text: string, seen: Seen) {
    this.settle(item);
    const isMessage = command.type === "reply" || command.type === "send";
    const quoted = isMessage ? command.quoted : undefined;
    const details = command.type === "send" ? command.details : undefined;
    const body = messageOf(text, seen, { details, quoted, replaces });
    this.desk.act(conversation, body, item?.command.op_id);
  }

  note(question: Question, text: string) {
    this.discard(question);
    this.desk.act(question.conversation, { type: "note", text });
  }

  /** It does not leave; one that the server holds is told so. */
  discard({ conversation, item, replaces }: Question) {
    this.settle(item);
    if (item === undefined && replaces !== undefined) {
      this.desk.act(conversation, { type: "cancel", message_id: replaces });
    }
  }

  /** Back into the composer; false for what the server holds, which stays there. */
  takeBack({ item }: Question): boolean {
    this.settle(item);
    return item !== undefined;
  }

  private settle(item: Item | undefined) {
    if (item !== undefined) this.desk.drop(item.command.op_id);
  }
}
