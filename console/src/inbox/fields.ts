// Fields of a customer's card: the values of the attributes that the team set up. Which values an attribute takes is
// `domain::attributes`; both are held against `protocol/fixtures/fields.cases.json`.

import type { Id, Setting } from "../protocol.ts";
import type { Attribute, FieldValue, Role } from "../wire.ts";

const CHARS_MAX = 1000;
const LINK_CHARS_MAX = 2000;

/** An attribute that is set up. */
export interface Named {
  id: Id;
  body: Attribute;
}

export type Fields = Readonly<Record<Id, FieldValue>>;

/** Attributes that a role sees, in their order. */
export function seenBy(role: Role, all: Iterable<Setting>): Named[] {
  return [...all]
    .sort((a, b) => a.rank - b.rank || (a.id < b.id ? -1 : 1))
    .flatMap(({ id, body }) => {
      const attribute = body as Attribute | null;
      return attribute === null || attribute.hidden_from?.includes(role) === true
        ? []
        : [{ id, body: attribute }];
    });
}

/** Those with a value, and those that stand on the card in any case; the others are behind "more". */
export function split(all: readonly Named[], fields: Fields): { shown: Named[]; more: Named[] } {
  const isShown = ({ id, body }: Named) => body.on_card === true || fields[id] !== undefined;
  return { shown: all.filter(isShown), more: all.filter((one) => !isShown(one)) };
}

const length = (text: string) => [...text].length;

function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

/** Whether it is an address of the web that may be followed. */
export function isLink(text: string): boolean {
  if (!text.startsWith("https://") || length(text) > LINK_CHARS_MAX || /[\s\p{Cc}\\]/u.test(text))
    return false;
  const host = text.slice("https://".length).split(/[/?#]/)[0] ?? "";
  return host !== "" && !host.includes("@");
}

/** The value as it is kept; undefined where the attribute does not take it. */
export function taken(
  attribute: Pick<Attribute, "type" | "options" | "most_chars">,
  value: unknown,
): FieldValue | undefined {
  if (attribute.type === "number") {
    // Beyond that it is not read as it was written.
    const isExact = typeof value === "number" && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
    return isExact ? value : undefined;
  }
  if (attribute.type === "yes_no") return typeof value === "boolean" ? value : undefined;
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  const isTaken = {
    text: () =>
      text !== "" &&
      length(text) <= (attribute.most_chars ?? CHARS_MAX) &&
      !/[^\P{Cc}\n\t]/u.test(text),
    date: () => isDay(text),
    one_of: () => attribute.options?.includes(text) === true,
    link: () => isLink(text),
  }[attribute.type];
  return isTaken() ? text : undefined;
}

/** A number as people type it; undefined where it is none. */
export function typedNumber(text: string): number | undefined {
  const plain = text.trim().replace(/\s/g, "").replace(",", ".");
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : undefined;
}

export interface Words {
  locale: string;
  yes: string;
  no: string;
}

/** A value as people read it. */
export function told(
  { type }: Pick<Attribute, "type">,
  value: FieldValue,
  { locale, yes, no }: Words,
): string {
  if (typeof value === "boolean") return value ? yes : no;
  if (typeof value === "number") {
    // A year, or the number of an order: as it was written, without separators.
    const [, fraction = ""] = String(value).split(".");
    const maximumFractionDigits = Math.min(fraction.length, 20);
    return new Intl.NumberFormat(locale, { useGrouping: false, maximumFractionDigits }).format(
      value,
    );
  }
  if (type === "date" && isDay(value)) {
    const at = new Date(`${value}T00:00:00Z`);
    return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" }).format(at);
  }
  return value;
}

/** The values of a card for a canned reply, as `customer.plan`. */
export function known(all: readonly Named[], fields: Fields, words: Words): [string, string][] {
  return all.flatMap(({ id, body }) => {
    const value = fields[id];
    return value === undefined
      ? []
      : [[`customer.${body.key}`, told(body, value, words)] as [string, string]];
  });
}
