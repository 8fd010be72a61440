// Colleagues whom a note calls by `@` and their name: whom one may choose, and whom a text names.

import { rank as rankOf, typed } from "../find.ts";
import type { Colleague, Id } from "../protocol.ts";

/** A name that is being typed. */
export interface Asked {
  /** Where its `@` is. */
  from: number;
  /** What of the name is there. */
  find: string;
}
/** Characters of a name that is looked for. */
const FIND_MAX = 40;
/** Names offered at once. */
const OFFERED_MAX = 6;
/** As many as the server takes. */
const MENTIONS_MAX = 20;

/** The name that is being typed at the cursor. */
export function asked(text: string, cursor: number): Asked | undefined {
  const from = text.lastIndexOf("@", cursor - 1);
  if (from < 0 || cursor - from > FIND_MAX) return undefined;
  const find = text.slice(from + 1, cursor);
  const before = text.slice(0, from).at(-1);
  // An address has no blank before it, and a name no line break.
  const isWord = before === undefined || /[\s([{"'«“]/u.test(before);
  return isWord && !/\n|^\s/u.test(find) ? { from, find } : undefined;
}

/** Who is offered for what was typed: those who may read it, who begin so first. */
export function offered(
  agents: Iterable<Colleague>,
  { find }: Asked,
  mayCall: (one: Colleague) => boolean,
) {
  const wanted = typed(find);
  const rank = ({ name }: Colleague) => rankOf(name, wanted) ?? 2;
  return [...agents]
    .filter((one) => one.state === "active" && rank(one) < 2 && mayCall(one))
    .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name))
    .slice(0, OFFERED_MAX);
}

/** The text with the whole name in place of what was typed of it, and where the cursor is then. */
export function put(
  text: string,
  { from, find }: Asked,
  name: string,
): { text: string; cursor: number } {
  const after = text.slice(from + 1 + find.length);
  const called = `@${name}${/^\s/u.test(after) ? "" : " "}`;
  return { text: text.slice(0, from) + called + after, cursor: from + called.length };
}

/** A text in pieces: what calls somebody, and what is between. */
export function pieces(text: string, names: Iterable<string>): { text: string; isName: boolean }[] {
  const all = [...new Set(names)].filter((name) => name !== "").sort((a, b) => b.length - a.length);
  const found: { text: string; isName: boolean }[] = [];
  let from = 0;
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    if (at < from) continue;
    const name = all.find(
      (one) =>
        text.startsWith(one, at + 1) && !/^[\p{L}\p{N}]/u.test(text.slice(at + 1 + one.length)),
    );
    if (name === undefined) continue;
    if (at > from) found.push({ text: text.slice(from, at), isName: false });
    from = at + 1 + name.length;
    found.push({ text: text.slice(at, from), isName: true });
  }
  if (from < text.length) found.push({ text: text.slice(from), isName: false });
  return found;
}

/** The ids of those whom a text calls. */
export function mentioned(text: string, agents: Iterable<Colleague>): Id[] {
  const active = [...agents].filter(({ state }) => state === "active");
  const names = new Set(
    pieces(
      text,
      active.map(({ name }) => name),
    ).flatMap((one) => (one.isName ? [one.text.slice(1)] : [])),
  );
  return active
    .filter(({ name }) => names.has(name))
    .slice(0, MENTIONS_MAX)
    .map(({ id }) => id);
}
