// A reply that a person has to decide on: refused as stale, or held by the server.

import type { Lines } from "../live/feed.ts";
import type { Item } from "../live/outbox.ts";
import type { Command, Id, Line } from "../protocol.ts";

export interface Question {
  conversation: Id;
  /** What was to be sent, with what its author had seen. */
  command: Command;
  text: string;
  /** When it was written, ms. */
  at: number;
  /** What the refusal told of what was missed. */
  told: Line[];
  /** The item of the outbox, when it never left. */
  item: Item | undefined;
  /** The held message that the next one replaces. */
  replaces: Id | undefined;
}

export function ofItem(item: Item): Question | undefined {
  if (item.command.type !== "reply") return undefined;
  return {
    conversation: item.command.conversation_id,
    command: item.command,
    text: item.command.text,
    at: item.at,
    told: item.refused?.lines ?? [],
    item,
    replaces: item.command.replaces,
  };
}

/**
 * A message that the server holds. What its author had seen is not told with a line, so that
 * everything the customer said since the answer before it is shown.
 */
export function ofHeld(conversation: Id, held: Line, { lines }: Lines): Question {
  const isAnswer = (line: Line) =>
    line.author.kind === "agent" && line.status !== "held" && line.status !== "cancelled";
  const before = lines.filter((line) => line.seq < held.seq && isAnswer(line)).at(-1);
  return {
    conversation,
    command: {
      op_id: held.op_id ?? held.id,
      conversation_id: conversation,
      type: "reply",
      text: held.content.text ?? "",
      seen: before === undefined ? null : { seq: before.seq, id: before.id },
    },
    text: held.content.text ?? "",
    at: Date.parse(held.at),
    told: [],
    item: undefined,
    replaces: held.id,
  };
}
