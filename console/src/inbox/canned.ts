// Canned replies at the composer: which are offered, and what they are filled with. `fill` is `domain::canned`; both are held against
// `protocol/fixtures/fill.cases.json`.

import { type Typed, isName, rank, typed } from "../find.ts";
import type { Home, Id, Setting } from "../protocol.ts";
import type { CannedReply, Details } from "../wire.ts";

const OPEN = "\u27e6";
const CLOSE = "\u27e7";
/** Replies offered at once. */
const OFFERED_MAX = 50;

/** What is known when a text is filled. */
export interface Known {
  /** The values of variables, such as `customer.first_name`. */
  values: ReadonlyMap<string, string>;
  /** What variables are called where they become a blank. */
  names: ReadonlyMap<string, string>;
}

const trim = (text: string) => text.replace(/^[ \t]+|[ \t]+$/g, "");
const plain = (text: string) => trim(text.replace(/[\u27e6\u27e7]/g, "").replace(/\p{Cc}/gu, " "));
const blank = (name: string) => `${OPEN}${plain(name) || "…"}${CLOSE}`;

/** Fills what stands in double braces; what is not known becomes a blank. */
export function fill(text: string, { values, names }: Known): string {
  return text.replace(/\{\{((?:(?!\{\{|\}\})[^\n])*)\}\}/gu, (_, inner: string) => {
    const ask = /^[ \t]*ask[ \t]*:(.*)$/isu.exec(inner)?.[1];
    if (ask !== undefined) return blank(ask);
    const at = inner.indexOf("|");
    const name = trim(at < 0 ? inner : inner.slice(0, at)).replace(/[A-Z]/g, (c) =>
      c.toLowerCase(),
    );
    const value = plain(values.get(name) ?? "");
    if (value !== "") return value;
    return at < 0 ? blank(names.get(name) ?? name) : plain(inner.slice(at + 1));
  });
}

export interface Canned {
  id: Id;
  version: number;
  home: Home;
  body: CannedReply;
}

export interface Where {
  me: Id;
  team: Id;
  isNote: boolean;
  /** How often this agent took each one. */
  uses: ReadonlyMap<Id, number>;
}

/** Those that may be used here: the workspace's, the team's and one's own. */
export function usable(all: Iterable<Setting>, { me, team, isNote }: Where): Canned[] {
  const isHere = ({ home }: Setting) =>
    home.kind === "workspace" ||
    (home.kind === "team" && home.id === team) ||
    (home.kind === "agent" && home.id === me);
  return [...all].flatMap((one) => {
    const body = one.body as CannedReply | null;
    if (body === null || !isHere(one) || (isNote && body.notes !== true)) return [];
    return [{ id: one.id, version: one.version, home: one.home, body }];
  });
}

/** How well a reply fits: shortcuts come first, then titles, then texts. */
function placeOf(
  { shortcut, title, text, languages = {} }: CannedReply,
  wanted: Typed,
): number | undefined {
  const byShortcut = rank(shortcut, wanted);
  if (byShortcut !== undefined) return byShortcut;
  const byTitle = rank(title, wanted);
  if (byTitle !== undefined) return 3 + byTitle;
  // Texts are long: they are read where nothing else fits.
  return [text, ...Object.values(languages)].some((said) => isName(said, wanted)) ? 6 : undefined;
}

/** Those that fit what was typed: by shortcut, title and text, the most used first among equals. */
export function offered(all: readonly Canned[], find: string, uses: Where["uses"]): Canned[] {
  const wanted = typed(find);
  const fits = all.flatMap((one) => {
    const best = placeOf(one.body, wanted);
    return best === undefined ? [] : [{ one, best }];
  });
  const often = ({ id }: Canned) => uses.get(id) ?? 0;
  fits.sort(
    (a, b) =>
      a.best - b.best ||
      often(b.one) - often(a.one) ||
      a.one.body.shortcut.localeCompare(b.one.body.shortcut),
  );
  return fits.slice(0, OFFERED_MAX).map(({ one }) => one);
}

/** A text of a reply: in a language, or as it was written first. */
export interface Variant {
  language: string | undefined;
  text: string;
}
export const variants = ({ text, languages = {} }: CannedReply): Variant[] => [
  { language: undefined, text },
  ...Object.entries(languages).map(([language, said]) => ({ language, text: said })),
];

/** What goes with the text of a reply: a file, or buttons. */
export function detailsOf({ buttons = [], file }: CannedReply): Details | undefined {
  if (file !== undefined) return { type: "file", ...file };
  if (buttons.length === 0) return undefined;
  return { type: "buttons", buttons: buttons.map((title, n) => ({ id: String(n + 1), title })) };
}

const KEPT = "baton.canned";
const KEPT_MAX = 200;

/** How often each was taken in this browser. */
export function uses(): Map<Id, number> {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "[]") as unknown;
    const isUse = (one: unknown): one is [Id, number] =>
      Array.isArray(one) && typeof one[0] === "string" && typeof one[1] === "number";
    return new Map(Array.isArray(kept) ? kept.filter(isUse) : []);
  } catch {
    return new Map();
  }
}

export function countUse(id: Id) {
  const all = uses();
  all.set(id, (all.get(id) ?? 0) + 1);
  const most = [...all].sort(([, a], [, b]) => b - a).slice(0, KEPT_MAX);
  try {
    localStorage.setItem(KEPT, JSON.stringify(most));
  } catch {
    // They are offered in the order of their shortcuts.
  }
}
