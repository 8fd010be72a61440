// Replies that a person decides on: one by one as they come, or several in one sheet.

import { type Question, messageOf, ofItem } from "../inbox/question.ts";
import type { Item } from "../live/outbox.ts";
import type { Desk } from "../live/session.svelte.ts";
import type { CommandBody, Id, Seen } from "../protocol.ts";
import { type Sheet, begin } from "./sheet.ts";

type Message = Extract<CommandBody, { type: "reply" | "send" }>;

const isMessage = (command: CommandBody): command is Message =>
  command.type === "reply" || command.type === "send";

export class Stale {
  /** The one that is asked about. */
  question: Question | undefined = $state.raw();
  /** Several, as they are opened. */
  sheet: Sheet | undefined = $state.raw();

  /** Asked about once the others are decided. */
  private next: Item | undefined;

  constructor(private readonly desk: Desk) {}

  private get waiting(): Item[] {
    return this.desk.outbox.filter(({ state }) => state === "review");
  }

  /** A reply was refused while its conversation is open: asked at once, unless others wait too. */
  refused(item: Item) {
    this.next = item;
    this.settled();
  }

  /** A command was decided. As long as other replies are not, nobody knows how many will wait. */
  settled() {
    const { next, desk } = this;
    if (next === undefined || this.question !== undefined || this.sheet !== undefined) return;
    if (desk.outbox.some((item) => item.state !== "review" && isMessage(item.command))) return;
    this.next = undefined;
    const [only, ...others] = this.waiting;
    const isOnly = others.length === 0 && only?.command.op_id === next.command.op_id;
    if (isOnly) this.question = ofItem(only);
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
    const quoted = isMessage(command) ? command.quoted : undefined;
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
