// A reply that a person has to decide on: refused as stale, or held by the server.

import type { Lines } from "../live/held.ts";
import type { Item } from "../live/outbox.ts";
import type { Command, CommandBody, Details, Id, Line, Seen } from "../protocol.ts";

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
  if (item.command.type !== "reply" && item.command.type !== "send") return undefined;
  return {
    conversation: item.command.conversation_id,
    command: item.command,
    text: item.command.text ?? "",
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
  const details = partsToSend(held);
  const before = lines.filter((line) => line.seq < held.seq && isAnswer(line)).at(-1);
  return {
    conversation,
    command: {
      op_id: held.op_id ?? held.id,
      conversation_id: conversation,
      ...messageOf(
        held.content.text ?? "",
        before === undefined ? null : { seq: before.seq, id: before.id },
        { details, quoted: held.quoted },
      ),
    },
    text: held.content.text ?? "",
    at: Date.parse(held.at),
    told: [],
    item: undefined,
    replaces: held.id,
  };
}

/**
 * What its author knows once what was missed is on the screen. A message that is replaced is a line
 * of theirs as well: who decides on it has seen it.
 */
export function seenOf({ command, replaces }: Question, shown: Line[], held: Line[]): Seen {
  const own = held.filter((line) => line.id === replaces);
  const last = [...shown, ...own].sort((a, b) => a.seq - b.seq).at(-1);
  if (last !== undefined) return { seq: last.seq, id: last.id };
  return "seen" in command ? command.seen : null;
}

/** Whether a message can be sent anew: of a file only the bytes could be, which are not here. */
export function canSendAnew(line: Line): boolean {
  if (line.content.erased === true) return false;
  return (
    partsToSend(line) !== undefined || (line.kind === "text" && line.content.text !== undefined)
  );
}

/** What a message that is more than a text is made of, where it can be sent as it is. */
export function partsToSend({ content: { details } }: Line): Details | undefined {
  switch (details?.type) {
    case "location":
    case "buttons":
    case "list":
    case "link":
    case "template":
    case "reaction":
      return details;
    default:
      return undefined;
  }
}

interface More {
  details?: Details | undefined;
  quoted?: Id | undefined;
  replaces?: Id | undefined;
}

/** The command for a message: a reply, or one that is more than a text. */
export function messageOf(
  text: string,
  seen: Seen,
  { details, quoted, replaces }: More,
): CommandBody {
  const more = {
    ...(quoted === undefined ? {} : { quoted }),
    ...(replaces === undefined ? {} : { replaces }),
  };
  if (details === undefined) return { type: "reply", text, seen, ...more };
  // Their lines have a text that is made of them.
  const isMade = ["location", "template", "reaction"].includes(details.type);
  const said = isMade || text === "" ? {} : { text };
  return { type: "send", ...said, details, seen, ...more };
}
