// Addresses to places and back. What a colleague could be sent stands in the address.

import type { Id } from "./protocol.ts";
import {
  type Wanted as Report,
  queryOf as reportOf,
  wantedOf as reportWanted,
} from "./reports/wanted.ts";
import { type Filter, KINDS, OLDER } from "./review/filter.ts";
import { type Wanted, isNothing, queryOf as searchOf, wantedOf } from "./search/filter.ts";
import type { KINDS as SETTINGS } from "./settings/kind/kinds.ts";
import { type LogPlace, addressOf, placeOf as logOf } from "./settings/log.ts";

export type Place =
  | { at: "sign-in" }
  /** The secret of the invitation stands behind #. */
  | { at: "join" }
  | { at: "new-password" }
  | { at: "inbox"; view: string; conversation: string | undefined; line?: number }
  | { at: "link"; conversation: string; line?: number }
  | { at: "board"; agent: string | undefined }
  | { at: "review"; filter: Filter }
  | { at: "reports"; wanted: Report }
  | { at: "people" }
  | { at: "notices" }
  | ({ at: "search" } & Wanted)
  | { at: "settings"; page: SettingsPage | undefined; log?: LogPlace; setting?: SettingPlace }
  | { at: "welcome" }
  | { at: "unknown" };

/** The pages of the settings, in their order: the workspace's, then one's own. */
export const SHARED_PAGES = ["numbers", "teams", "agents", "quarantine", "log"] as const;
/** Of the workspace's, those that admins alone may look at. */
export const ADMIN_PAGES: readonly string[] = [
  "quarantine",
  "log",
  "outgoing-webhooks",
  "context-sources",
  "api-keys",
];
export const OWN_PAGES = ["you", "notifications", "devices", "appearance"] as const;
/** The kinds of settings, by where they are read. */
export type KindPage = (typeof SETTINGS)[keyof typeof SETTINGS]["path"];
const KIND_PAGE: Record<KindPage, true> = {
  "canned-replies": true,
  tags: true,
  attributes: true,
  outcomes: true,
  "team-policies": true,
  routings: true,
  "agent-skills": true,
  "workspace-policies": true,
  schedules: true,
  slas: true,
  rules: true,
  "outgoing-webhooks": true,
  "context-sources": true,
  "api-keys": true,
  bots: true,
  surveys: true,
};
export const KIND_PAGES = Object.keys(KIND_PAGE) as KindPage[];
export const isKindPage = (page: string | undefined): page is KindPage =>
  page !== undefined && Object.hasOwn(KIND_PAGE, page);
/** A setting of a kind, and what is shown of it. */
export interface SettingPlace {
  id: Id | "new";
  tab?: "history" | "used";
}
export type SettingsPage = (typeof SHARED_PAGES | typeof OWN_PAGES)[number] | KindPage;
const PAGES: readonly string[] = [...SHARED_PAGES, ...KIND_PAGES, ...OWN_PAGES];

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const VIEW = /^(mine|late|snoozed|open|(team|channel|saved|tag)-[0-9a-f-]{36})$/;

export function placeOf(path: string, query = ""): Place {
  const [first, second, third, ...rest] = path.split("/").filter((part) => part !== "");
  if (rest.length > 0) return { at: "unknown" };
  if (first === undefined) return { at: "inbox", view: "mine", conversation: undefined };
  if ((first === "sign-in" || first === "join" || first === "new-password") && second === undefined)
    return { at: first };
  if (first === "c" && ID.test(second ?? "") && third === undefined) {
    return { at: "link", conversation: second ?? "", ...lineOf(query) };
  }
  if (
    first === "settings" &&
    third === undefined &&
    (second === undefined || PAGES.includes(second))
  ) {
    const page = second as SettingsPage | undefined;
    const log = page === "log" ? logOf(new URLSearchParams(query)) : {};
    return { at: "settings", page, ...(Object.keys(log).length === 0 ? {} : { log }) };
  }
  if (first === "settings" && isKindPage(second) && (third === "new" || ID.test(third ?? ""))) {
    const tab = new URLSearchParams(query).get("tab");
    const isTab = tab === "history" || tab === "used";
    const setting: SettingPlace = { id: third ?? "new", ...(isTab ? { tab } : {}) };
    return { at: "settings", page: second, setting };
  }
  if (first === "board" && (second === undefined || (second === "agent" && ID.test(third ?? "")))) {
    return { at: "board", agent: third };
  }
  if (second === undefined) {
    if (first === "people" || first === "welcome" || first === "notices") return { at: first };
    if (first === "review") return { at: first, filter: filterOf(new URLSearchParams(query)) };
    if (first === "reports") return { at: first, wanted: reportWanted(new URLSearchParams(query)) };
    if (first === "search") return { at: "search", ...wantedOf(new URLSearchParams(query)) };
  }
  if (first !== "inbox") return { at: "unknown" };
  const view = second ?? "mine";
  const isThere = VIEW.test(view) && (third === undefined || ID.test(third));
  if (!isThere) return { at: "unknown" };
  return { at: "inbox", view, conversation: third, ...(third === undefined ? {} : lineOf(query)) };
}

/** The line of a conversation that is shown first; without one the newest. */
function lineOf(query: string): { line?: number } {
  const line = new URLSearchParams(query).get("line") ?? "";
  return /^[1-9]\d{0,8}$/.test(line) ? { line: Number(line) } : {};
}

/** What an address says of a filter; what is no such thing filters nothing. */
function filterOf(query: URLSearchParams): Filter {
  const [kind, channel, older] = ["kind", "channel", "older"].map((name) => query.get(name) ?? "");
  return {
    kind: KINDS.find((one) => one === kind),
    channel: ID.test(channel ?? "") ? channel : undefined,
    older: (Object.keys(OLDER) as (keyof typeof OLDER)[]).find((one) => one === older),
  };
}

function queryOf(filter: Filter): string {
  const named = Object.entries(filter).filter(([, value]) => value !== undefined);
  return named.length === 0 ? "" : `?${new URLSearchParams(named)}`;
}

const lineQuery = (line: number | undefined) => (line === undefined ? "" : `?line=${line}`);

export function pathOf(place: Place): string {
  switch (place.at) {
    case "sign-in":
    case "join":
    case "new-password":
      return `/${place.at}`;
    case "link":
      return `/c/${place.conversation}${lineQuery(place.line)}`;
    case "inbox": {
      const { view, conversation, line } = place;
      if (conversation === undefined) return `/inbox/${view}`;
      return `/inbox/${view}/${conversation}${lineQuery(line)}`;
    }
    case "board":
      return place.agent === undefined ? "/board" : `/board/agent/${place.agent}`;
    case "review":
      return `/review${queryOf(place.filter)}`;
    case "reports": {
      const query = reportOf(place.wanted).toString();
      return query === "" ? "/reports" : `/reports?${query}`;
    }
    case "settings":
      if (place.page === undefined) return "/settings";
      if (place.setting !== undefined) {
        const { id, tab } = place.setting;
        return `/settings/${place.page}/${id}${tab === undefined ? "" : `?tab=${tab}`}`;
      }
      return `/settings/${place.page}${place.page === "log" ? addressOf(place.log ?? {}) : ""}`;
    case "search":
      return isNothing(place) ? "/search" : `/search?${searchOf(place)}`;
    case "people":
    case "notices":
    case "welcome":
      return `/${place.at}`;
    case "unknown":
      return "/";
  }
}

/** Pages by a link, for people who are not signed in. */
export const isDoor = ({ at }: Place): boolean =>
  at === "sign-in" || at === "join" || at === "new-password";
