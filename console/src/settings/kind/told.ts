// What lists, histories and pickers say of a setting.

import type { Desk } from "../../live/session.svelte.ts";
import { name, words } from "../../messages/index.svelte.ts";
import { type KindWords, kindWords } from "../../messages/kinds.ts";
import type { Home, Id, Setting } from "../../protocol.ts";
import {
  type Field,
  type Fields,
  type SettingKind,
  type Values,
  isKind,
  isNothing,
  kindOf,
  titleOf,
} from "./fields.ts";
import { clockOf } from "./hours.ts";

type People = Pick<Desk, "who" | "teams" | "agents" | "channels" | "settings" | "agentName">;

export const kindText = (): KindWords => kindWords[words.language];

export function homeName(desk: People, home: Home): string {
  const k = kindText();
  if (home.kind === "workspace") return k.workspace;
  if (home.kind === "agent" && home.id === desk.who.agent_id) return k.onlyYou;
  const { id } = home;
  return (desk.teams.get(id) ?? desk.agents.get(id) ?? desk.channels.get(id))?.name ?? "…";
}

export const homeKey = (home: Home): string =>
  home.kind === "workspace" ? home.kind : `${home.kind}:${home.id}`;

export const nameOf = (desk: People, { body, home }: Pick<Setting, "body" | "home">): string =>
  titleOf(body) ?? homeName(desk, home);

/** The fields of a kind, in the order in which people read them. */
export function ordered(kind: SettingKind): [string, Field][] {
  const { fields } = kindOf(kind);
  return Object.keys(kindText().kinds[kind].fields).map((one) => [one, fields[one] as Field]);
}

/** The label of a field; what a newer server says has none. */
export function labelOf(kind: SettingKind, field: string): string {
  const k = kindText();
  if (field === "home") return k.home;
  return (k.kinds[kind].fields as Record<string, string>)[field] ?? field;
}

/** Words of a choice or a part. */
export const moreOf = (path: string): string =>
  (kindText().more as Record<string, string>)[path] ?? path.split(".").at(-1) ?? path;

/** What a field of this kind may name, by name. */
export function targets(desk: People, of: string): [Id, string][] {
  const named = (all: Iterable<{ id: Id; name: string }>) =>
    [...all].map((one): [Id, string] => [one.id, one.name]);
  const all = isKind(of)
    ? [...(desk.settings.of(of)?.values() ?? [])].map((one): [Id, string] => [
        one.id,
        nameOf(desk, one),
      ])
    : of === "team"
      ? named(desk.teams.values())
      : of === "channel"
        ? named(desk.channels.values())
        : named([...desk.agents.values()].filter(({ state }) => state !== "inactive"));
  return all.sort(([, a], [, b]) => a.localeCompare(b, words.locale));
}

function targetName(desk: People, of: string, id: unknown): string {
  return targets(desk, of).find(([one]) => one === id)?.[1] ?? "…";
}

const both = (parts: string[]) => parts.filter((part) => part !== "").join(", ");

function rowText(desk: People, fields: Fields, path: string, row: Values): string {
  return both(
    Object.entries(fields).map(([part, field]) => {
      const value = row[part];
      if (field.is === "id" || isNothing(value)) return "";
      return field.is === "switch"
        ? moreOf(`${path}.${part}`)
        : valueText(desk, field, `${path}.${part}`, value);
    }),
  );
}

/** A value as one reads it. */
export function valueText(
  desk: People,
  field: Field | undefined,
  path: string,
  given: unknown,
): string {
  const k = kindText();
  if (path === "home") return homeName(desk, given as Home);
  const value = given ?? field?.or;
  if (field?.is === "switch") return value === true ? k.yes : k.no;
  if (isNothing(value)) return k.nothing;
  switch (field?.is) {
    case "choice":
      return moreOf(`${path}.${String(value)}`);
    case "choices":
      return both((value as string[]).map((one) => moreOf(`${path}.${one}`)));
    case "words":
      return both(value as string[]);
    case "name":
      return targetName(desk, field.of ?? "", value);
    case "names":
      return both((value as Id[]).map((id) => targetName(desk, field.of ?? "", id)));
    case "span":
      return (value as number[]).map(clockOf).join("–");
    case "part":
      return rowText(desk, field.parts ?? {}, path, value as Values);
    case "rows":
      return (value as Values[])
        .map((row) => {
          const sort = field.by === undefined ? undefined : String(row[field.by]);
          if (sort === undefined) return rowText(desk, field.parts ?? {}, path, row);
          const more = rowText(desk, field.sorts?.[sort] ?? {}, `${path}.${sort}`, row);
          return more === "" ? moreOf(`${path}.${sort}`) : `${moreOf(`${path}.${sort}`)}: ${more}`;
        })
        .join("; ");
    case "texts":
      return Object.entries(value as Record<string, string>)
        .map(([language, text]) => `${language}: ${text}`)
        .join("\n");
    case "own":
      return hoursText(path, value);
    default:
      return String(value);
  }
}

const spansText = (spans: [number, number][]) =>
  spans.length === 0
    ? kindText().closed
    : spans.map((span) => span.map(clockOf).join("–")).join(", ");

/** Hours of a week, or of single days. */
function hoursText(path: string, value: unknown): string {
  if (path === "week" && Array.isArray(value)) {
    return (value as [number, number][][])
      .map((day, n) => `${weekday(n)}: ${spansText(day)}`)
      .join("\n");
  }
  if (path !== "days") return JSON.stringify(value);
  const days = Object.entries(value as Record<string, [number, number][]>).sort();
  return days.map(([day, spans]) => `${day}: ${spansText(spans)}`).join("\n");
}

/** A day of the week, Monday first. */
export function weekday(n: number): string {
  // A Monday.
  const day = new Date(Date.UTC(2026, 0, 5 + n));
  return new Intl.DateTimeFormat(words.locale, { weekday: "long", timeZone: "UTC" }).format(day);
}

/** Who made a version. */
export const authorName = (desk: People, id: Id | undefined): string =>
  id === undefined ? kindText().server : name(desk.agentName(id));
