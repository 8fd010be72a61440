// What forms and lists are drawn from: the kinds of settings with their fields.

import type { Home, Id, Role, Setting } from "../../protocol.ts";
import type { KindPage } from "../../router.ts";
import { KINDS } from "./kinds.ts";

export type SettingKind = keyof typeof KINDS;

/** How a field is drawn, and what it takes. */
export interface Field {
  is:
    | "text"
    | "lines"
    | "number"
    | "switch"
    | "choice"
    | "choices"
    | "words"
    | "name"
    | "names"
    | "rows"
    | "part"
    | "texts"
    | "span"
    | "id"
    | "own";
  /** It cannot be left out. */
  needed?: boolean;
  /** It can be nothing at all. */
  empty?: boolean;
  /** It stands in the list. */
  column?: boolean;
  /** It is set when the setting is made and not after. */
  once?: boolean;
  /** It is there where another field has one of these values. */
  when?: Readonly<Record<string, readonly string[]>>;
  /** The kind of what it names. */
  of?: string;
  options?: readonly string[];
  /** What holds where nothing is said. */
  or?: unknown;
  least?: number;
  most?: number;
  lines?: number;
  /** Fields of each row, or of the part. */
  parts?: Fields;
  /** Rows of several sorts: the field that tells which, and the fields of each. */
  by?: string;
  sorts?: Readonly<Record<string, Fields>>;
}
export type Fields = Readonly<Record<string, Field>>;

export interface Kind {
  path: KindPage;
  homes: readonly Home["kind"][];
  most: number;
  /** A home has one, whose id is the home's. */
  singleton: boolean;
  /** Whether they have secrets. */
  secret?: boolean;
  /** Who may set them. */
  setters: { own: boolean; supervisors: boolean; roles: readonly Role[] };
  fields: Fields;
}

export const kindOf = (kind: SettingKind): Kind => KINDS[kind];
export const kinds = Object.keys(KINDS) as SettingKind[];
export const isKind = (kind: string): kind is SettingKind => kind in KINDS;
export function kindAt(page: string): SettingKind | undefined {
  return kinds.find((kind) => KINDS[kind].path === page);
}

/** What is set, with the home as a field among the others. */
export type Values = Readonly<Record<string, unknown>>;

export const valuesOf = ({ body, home }: Pick<Setting, "body" | "home">): Values => ({
  ...(body as Values | null),
  home,
});

/** Whether a field is there beside the others. */
export function isThere({ when }: Field, values: Values, fields: Fields): boolean {
  return Object.entries(when ?? {}).every(([name, wanted]) =>
    wanted.includes(String(values[name] ?? fields[name]?.or)),
  );
}

/** Whether a field is kept and counts for nothing just now: who is asked, where nobody is. */
export const isIdle = (kind: SettingKind, name: string, values: Values): boolean =>
  kind === "routing" &&
  name === "choose" &&
  (values["hand"] ?? KINDS.routing.fields.hand.or) === "off";

/** Nothing, as servers leave it out: no text, no entries, off. */
export function isNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === "") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** What `PUT` takes. A field that is not there beside the others is left out. */
export function putOf(kind: SettingKind, values: Values): { home: Home; body: Values } {
  const { fields } = kindOf(kind);
  const { home, ...rest } = values;
  const said = Object.entries(rest).filter(([name, value]) => {
    const field = fields[name];
    if (field === undefined) return true;
    if (!isThere(field, values, fields)) return false;
    return field.needed === true || field.is === "own" || !isNothing(value);
  });
  return { home: home as Home, body: Object.fromEntries(said) };
}

/** Fields of a new one that have to be filled in first. */
export function missing(kind: SettingKind, values: Values): string[] {
  const needed = Object.entries(kindOf(kind).fields).filter(([, field]) => field.needed);
  return needed.map(([name]) => name).filter((name) => isNothing(values[name]));
}

/** Its name where it has one; those with one per home are called as the home. */
export function titleOf(body: unknown): string | undefined {
  const { title, name } = (body ?? {}) as { title?: string; name?: string };
  return title ?? name;
}

/** What a value names by fields of this kind, wherever in it. */
function named(fields: Fields, values: Values, of: string): unknown[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const value = values[name];
    if (isNothing(value)) return [];
    if (field.of === of) return [value].flat();
    if (field.is === "part") return named(field.parts ?? {}, value as Values, of);
    if (field.is !== "rows") return [];
    return (value as Values[]).flatMap((row) => {
      const parts = field.sorts?.[String(row[field.by ?? ""])] ?? field.parts;
      return named(parts ?? {}, row, of);
    });
  });
}

/** How many of these settings name each that they name, of one kind. */
export function uses(all: Iterable<Setting>, of: string): Map<Id, number> {
  const counts = new Map<Id, number>();
  for (const { kind, body } of all) {
    if (!isKind(kind) || body === null) continue;
    for (const id of new Set(named(KINDS[kind].fields, body as Values, of) as Id[])) {
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
  }
  return counts;
}

const names = (fields: Fields, of: string): boolean =>
  Object.values(fields).some(
    (field) =>
      field.of === of ||
      [field.parts ?? {}, ...Object.values(field.sorts ?? {})].some((parts) => names(parts, of)),
  );

/** The kinds whose settings may name one of this kind. */
export const usersOf = (of: string): SettingKind[] =>
  kinds.filter((kind) => names(KINDS[kind].fields, of));

/** The kinds that a kind's settings may name. */
export const namedBy = (kind: SettingKind): SettingKind[] =>
  kinds.filter((of) => names(KINDS[kind].fields, of));
