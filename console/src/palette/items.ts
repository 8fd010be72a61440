// What the palette offers for what was typed: what begins with it, then what has a word that does,
// then what has it anywhere.

export interface Choice {
  id: string;
  group: string;
  text: string;
  /** Said beside it, smaller. */
  more?: string;
  icon?: string;
  /** Drawn with the letters of a name, for people. */
  face?: string;
  /** The key that does the same. */
  key?: string;
  run: () => void;
}

/** Without accents and capitals. Names of plain letters are the most by far, and the fastest. */
function fold(text: string): string {
  if (/^[\0-\x7f]*$/.test(text)) return text.toLowerCase();
  return text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLocaleLowerCase();
}

/** 0 is best; undefined is no match. */
export const rank = (text: string, typed: string) => rankOf(text, fold(typed.trim()));

function rankOf(text: string, part: string): 0 | 1 | 2 | undefined {
  if (part === "") return 0;
  const all = fold(text);
  const at = all.indexOf(part);
  if (at <= 0) return at === 0 ? 0 : undefined;
  if (all.split(/[^\p{L}\p{N}]+/u).some((word) => word.startsWith(part))) return 1;
  return 2;
}

/** At most so many of each group, so that none crowds out the others. */
const PER_GROUP = 6;

/** Groups keep their order; within one the best match is first. */
export function choose(all: Iterable<Choice>, typed: string): Choice[] {
  const groups = new Map<string, [Choice[], Choice[], Choice[]]>();
  const part = fold(typed.trim());
  for (const choice of all) {
    const at = rankOf(choice.text, part);
    if (at === undefined) continue;
    const group = groups.get(choice.group) ?? [[], [], []];
    if (group[at].length < PER_GROUP) group[at].push(choice);
    groups.set(choice.group, group);
  }
  return [...groups.values()].flatMap((group) => group.flat().slice(0, PER_GROUP));
}
