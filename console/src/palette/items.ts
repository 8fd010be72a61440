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

const fold = (text: string) =>
  text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLocaleLowerCase();

/** 0 is best; undefined is no match. */
export function rank(text: string, typed: string): number | undefined {
  const [all, part] = [fold(text), fold(typed.trim())];
  if (part === "") return 0;
  if (all.startsWith(part)) return 0;
  if (all.split(/[^\p{L}\p{N}]+/u).some((word) => word.startsWith(part))) return 1;
  return all.includes(part) ? 2 : undefined;
}

/** At most so many of each group, so that none crowds out the others. */
const PER_GROUP = 6;

/** Groups keep their order; within one the best match is first. */
export function choose(all: Iterable<Choice>, typed: string): Choice[] {
  const groups = new Map<string, [number, Choice][]>();
  for (const choice of all) {
    const at = rank(choice.text, typed);
    if (at === undefined) continue;
    const group = groups.get(choice.group) ?? [];
    group.push([at, choice]);
    groups.set(choice.group, group);
  }
  return [...groups.values()].flatMap((group) =>
    group
      .sort(([a], [b]) => a - b)
      .slice(0, PER_GROUP)
      .map(([, choice]) => choice),
  );
}
