// What a composer knows of canned replies before any is put in: what is looked for after a slash,
// and which blanks are left in a text.

/** Characters that are looked for. */
const FIND_MAX = 40;

/** A blank that is left in a text, with both its signs. */
export interface Blank {
  from: number;
  to: number;
  /** Nothing where a sign stands alone. */
  name: string;
}

/** The blanks that are left. A sign alone is one as well: the blank was broken while typing. */
export function blanksOf(text: string): Blank[] {
  return [...text.matchAll(/\u27e6([^\u27e6\u27e7\n]*)\u27e7|[\u27e6\u27e7]/gu)].map((found) => {
    return { from: found.index, to: found.index + found[0].length, name: found[1] ?? "" };
  });
}

/** A text in pieces: blanks and what is between. */
export function cut(text: string): { text: string; isBlank: boolean }[] {
  let from = 0;
  const all = blanksOf(text).flatMap((one) => {
    const before = { text: text.slice(from, one.from), isBlank: false };
    from = one.to;
    return [before, { text: text.slice(one.from, one.to), isBlank: true }];
  });
  return [...all, { text: text.slice(from), isBlank: false }].filter((piece) => piece.text !== "");
}

/** The blank that a key leads to from what is marked; none where the key means what it always does. */
export function blankFor(key: string, text: string, from: number, to: number): Blank | undefined {
  const all = blanksOf(text);
  switch (key) {
    case "Tab":
      return all.find((one) => one.from >= to && !(one.from === from && one.to === to));
    case "Shift+Tab":
      return all.findLast((one) => one.to <= from);
    // A blank goes as a whole: it is marked first.
    case "Backspace":
      return from === to ? all.find((one) => one.from < from && from <= one.to) : undefined;
    case "Delete":
      return from === to ? all.find((one) => one.from <= from && from < one.to) : undefined;
    default:
      return undefined;
  }
}

/** What is being typed after a slash. */
export interface Asked {
  /** Where the slash is. */
  from: number;
  find: string;
}

/** What stands after a slash at the start of a word, up to the cursor. */
export function asked(text: string, cursor: number): Asked | undefined {
  const from = text.lastIndexOf("/", cursor - 1);
  if (from < 0 || cursor - from > FIND_MAX) return undefined;
  const find = text.slice(from + 1, cursor);
  const before = text.slice(0, from).at(-1);
  const isWord = before === undefined || /\s/u.test(before);
  return isWord && !/\n|^\s/u.test(find) ? { from, find } : undefined;
}

/** The text with a reply in place of what was typed, and what is marked then: its first blank. */
export function put(text: string, { from, find }: Asked, reply: string) {
  const behind = text.slice(from + 1 + find.length);
  const whole = text.slice(0, from) + reply + behind;
  const first = blanksOf(reply)[0];
  const end = from + reply.length;
  return first === undefined
    ? { text: whole, from: end, to: end }
    : { text: whole, from: from + first.from, to: from + first.to };
}
