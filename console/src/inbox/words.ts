// What rows, heads and lines say of conversations, in the language in use.

import * as format from "../format.ts";
import type { Held } from "../live/held.ts";
import type { Desk } from "../live/session.svelte.ts";
import { name, words } from "../messages/index.svelte.ts";
import type { Author, Content, Id, Line, LineKind, Owner, Participant } from "../protocol.ts";
import { isRevoked } from "./amended.ts";
import { cardsOf } from "./particulars.ts";
import { fileName, shown } from "./shown.ts";

/** The customer's name if it shows anything, else the number, else the user name. */
export function customer(held: Held | undefined): string {
  if (held === undefined || held.level === "head") return words.t.list.unknown;
  if (held.level === "packed") return "…";
  return called(held.view.contact);
}

interface Called {
  name?: string | null;
  phone?: string | null;
  username?: string | undefined;
}
function called({ name: given, phone, username }: Called): string {
  const number = phone === null || phone === undefined ? undefined : format.phone(phone);
  const byName = username === undefined ? words.t.list.unknown : `@${username}`;
  return shown(given) ?? number ?? byName;
}

/** As one speaks of them in a sentence: a number is said whole. */
export function first(held: Held | undefined): string {
  const hasName = held?.level === "full" && shown(held.view.contact.name) !== undefined;
  const whole = customer(held);
  return name(hasName ? format.firstName(whole) : whole);
}

export function agent(desk: Desk, id: Id): string {
  return id === desk.who.agent_id ? words.t.list.you : name(desk.agentName(id));
}

export function owner(desk: Desk, of: Owner): string {
  return of.kind === "agent" ? agent(desk, of.id) : words.t.list.queue(name(desk.teamName(of.id)));
}

/** An agent or a queue in the middle of a sentence: there "You" has no capital. */
export const inside = (who: string): string =>
  who === words.t.list.you ? words.t.list.youInside : who;

export function author(desk: Desk, of: Author, held: Held | undefined): string {
  switch (of.kind) {
    case "agent":
      return agent(desk, of.id);
    case "customer":
      return first(held);
    case "phone_app":
      return words.t.talk.phoneApp;
    case "acknowledgement":
      return words.t.talk.automatic;
  }
}

/** Who said what a row shows, where that is not the customer; undefined where it is. */
export function saidBy(desk: Desk, of: Author): string | undefined {
  if (of.kind === "customer") return undefined;
  if (of.kind === "agent" && of.id === desk.who.agent_id) return words.t.list.youSaid;
  return words.t.list.saidBy(author(desk, of, undefined));
}

/** A participant of a group by name, else by number or user name. */
export const participant = (one: Participant): string => called(one);

/** Kinds that are what they say. */
const PLAIN: readonly LineKind[] = ["text", "interactive", "template"];

/** The text of a call that nobody took. */
const MISSED = "Missed call";

/** What a line says, in one piece of text. */
export function said(line: Line): string {
  const { content } = line;
  if (content.erased === true) return words.t.list.erased;
  if (isRevoked(line)) {
    return words.t.list.revoked[line.author.kind === "customer" ? "customer" : "team"];
  }
  if (line.kind === "unreadable") return content.text ?? words.t.list.unreadable;
  if (line.kind === "reaction" && content.text === undefined) return words.t.list.tookReactionBack;
  if (PLAIN.includes(line.kind)) return content.text ?? "";
  if (line.kind === "call") {
    const { text = MISSED } = content;
    return text === MISSED ? words.t.list.kinds.call : text;
  }
  // A newer server may know kinds that this page does not.
  const kinds: Partial<Record<string, string>> = words.t.list.kinds;
  const kind = kinds[line.kind] ?? unshown(content.original_type ?? "");
  const text = textOf(content);
  return text === undefined ? kind : `${kind}: ${text}`;
}

/** What stands beside what a line draws: the words of cards are in them, a file is shown. */
export function saidBeside(line: Line): string | undefined {
  if (cardsOf(line).length > 0) return words.t.list.kinds.contact_cards;
  if (line.file?.state !== "stored" || isRevoked(line) || line.content.erased === true)
    return said(line);
  // Its caption; what it is and how it is called stand with it.
  const { text, details } = line.content;
  return details?.type === "file" && "name" in details && details.name === text ? undefined : text;
}

/** What WhatsApp does not pass on, and what a newer server may know. */
const unshown = (type: string): string =>
  type === "" || type.startsWith("unsupported")
    ? words.t.list.unpassed
    : words.t.list.unsupported(type);

/** Its text; the name of a file, which may be its text, says what the file is. */
function textOf({ text, details }: Content): string | undefined {
  const isName = details?.type === "file" && "name" in details && details.name === text;
  return isName && text !== undefined ? (fileName(text) ?? text) : text;
}

/** What stands around the text of a message with buttons, a list or a link. */
export function partsOf({ content: { details } }: Line) {
  if (details?.type === "buttons" || details?.type === "list" || details?.type === "link") {
    return details;
  }
  return undefined;
}

/** Where WhatsApp fetched a file that was sent by its address. Nothing here opens it by itself. */
export function linkOf({ content: { details } }: Line): string | undefined {
  if (details?.type !== "file" || !("link" in details)) return undefined;
  return details.link?.startsWith("https://") === true ? details.link : undefined;
}

/** A row read aloud; `whose` is its owner, or who is asked to be. */
export const rowName = (held: Held, facts: string[], whose: string): string =>
  [customer(held), ...facts, whose].join(", ");

/** Whose it is, or who is asked to take it; what is offered to oneself is said by its card. */
export function whose(desk: Desk, of: Owner, asked: Id | undefined): string {
  if (of.kind === "agent" || asked === undefined || asked === desk.who.agent_id)
    return owner(desk, of);
  return words.t.list.offered(name(desk.agentName(asked)));
}
