// What is searched for: a part of a name or number, and which conversations.

import type { Id, SearchHit } from "../protocol.ts";
import { beginOf, endOf, isDay } from "./days.ts";

export const STATUSES = ["open", "waiting", "snoozed", "resolved"] as const;
export type Status = (typeof STATUSES)[number];

export interface Wanted {
  q: string;
  status?: Status;
  /** Only customers who are blocked. */
  blocked?: "true";
  team?: Id;
  /** The number of theirs. */
  channel?: Id;
  /** `me`, `nobody`, or the id of an agent. */
  owner?: string;
  /** With this tag, or with one that was merged into it. */
  tag?: Id;
  /** Said on this day or later; of conversations, with a newest line then. */
  from?: string;
  /** Said on this day or before. */
  until?: string;
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What an address says; what is no such thing filters nothing. */
export function wantedOf(query: URLSearchParams): Wanted {
  const of = (name: string) => query.get(name) ?? "";
  const status = STATUSES.find((one) => one === of("status"));
  const [team, channel, owner, tag] = [of("team"), of("channel"), of("owner"), of("tag")];
  const [from, until] = [of("from"), of("until")];
  const isOwner = owner === "me" || owner === "nobody" || ID.test(owner);
  return {
    q: of("q"),
    ...(status === undefined ? {} : { status }),
    ...(of("blocked") === "true" ? { blocked: "true" as const } : {}),
    ...(ID.test(team) ? { team } : {}),
    ...(ID.test(channel) ? { channel } : {}),
    ...(isOwner ? { owner } : {}),
    ...(ID.test(tag) ? { tag } : {}),
    ...(isDay(from) ? { from } : {}),
    ...(isDay(until) ? { until } : {}),
  };
}

const NAMES = [
  "q",
  "status",
  "blocked",
  "team",
  "channel",
  "owner",
  "tag",
  "from",
  "until",
] as const;

/** As an address; nothing where nothing is wanted. */
export function queryOf(wanted: Wanted): URLSearchParams {
  const named = NAMES.flatMap((name) => {
    const value = wanted[name];
    return value === undefined || value === "" ? [] : [[name, value]];
  });
  return new URLSearchParams(named);
}

export const isNothing = (wanted: Wanted): boolean => queryOf(wanted).size === 0;

/** Whether there is a word to look for in messages, and in which conversations. */
export const hasWords = ({ q, blocked }: Wanted): boolean =>
  blocked === undefined && /[\p{L}\p{N}]/u.test(q);

/** As the server is asked for conversations. */
export function askedOf({ from, until, ...wanted }: Wanted): URLSearchParams {
  const query = queryOf(wanted);
  if (from !== undefined) query.set("from", beginOf(from));
  if (until !== undefined) query.set("until", endOf(until));
  return query;
}

/** As messages and notes are asked for. */
export function wordsOf({ blocked: _, ...wanted }: Wanted): URLSearchParams {
  return askedOf(wanted);
}

/** What a hit is about: the id of its message or note. */
export const nameOf = (hit: SearchHit): Id | undefined => hit.message_id ?? hit.note_id;

/** Hits with those of a further page; a message that both pages have stands once. */
export function joined(hits: readonly SearchHit[], more: readonly SearchHit[]): SearchHit[] {
  const names = new Set(hits.map(nameOf));
  return [...hits, ...more.filter((hit) => !names.has(nameOf(hit)))];
}
