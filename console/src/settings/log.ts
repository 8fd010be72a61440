// The log as it is asked for and told: addresses, and facts in parts that a reader can follow.

import type { Event, Id } from "../protocol.ts";

export interface Wanted {
  agent: Id | "";
  type: string;
  conversation: Id | "";
  /** ms */
  from: number | undefined;
}

/** What an address says of it. */
export interface LogPlace {
  agent?: Id;
  type?: string;
  conversation?: Id;
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TYPE = /^[a-z_]{1,40}$/;

/** What an address says; what is no such thing filters nothing. */
export function placeOf(query: URLSearchParams): LogPlace {
  const of = (name: string, form: RegExp) => {
    const value = query.get(name);
    return value === null || !form.test(value) ? {} : { [name]: value };
  };
  return { ...of("agent", ID), ...of("type", TYPE), ...of("conversation", ID) };
}

/** As an address. */
export const addressOf = ({ agent = "", type = "", conversation = "" }: LogPlace): string =>
  queryOf({ agent, type, conversation, from: undefined });

/** What is asked of the server; `before` is where the last page ended. */
export function queryOf(wanted: Wanted, more: Record<string, string> = {}): string {
  const query = new URLSearchParams();
  if (wanted.agent !== "") query.set("agent", wanted.agent);
  if (wanted.type !== "") query.set("type", wanted.type);
  if (wanted.conversation !== "") query.set("conversation", wanted.conversation);
  if (wanted.from !== undefined) query.set("from", String(wanted.from));
  for (const [name, value] of Object.entries(more)) query.set(name, value);
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

/** What stands in an entry already: who, when, where, what. */
const SAID = ["position", "conversation_id", "revision", "at", "actor", "type", "content"];

/** A fact as names and values, level by level. */
export function partsOf(event: Event, nameOf: (id: Id) => string | undefined): [string, string][] {
  const parts: [string, string][] = [];
  const walk = (name: string, value: unknown) => {
    if (value !== null && typeof value === "object") {
      for (const [key, one] of Object.entries(value)) walk(`${name}.${key}`, one);
    } else if (value !== null && value !== undefined) {
      const text = String(value);
      parts.push([name.replaceAll("_", " "), nameOf(text) ?? text]);
    }
  };
  for (const [key, value] of Object.entries(event)) {
    if (!SAID.includes(key)) walk(key, value);
  }
  return parts;
}
