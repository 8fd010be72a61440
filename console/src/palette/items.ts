// What the palette offers for what was typed: what begins with it, then what has words that do,
// then what has it anywhere.

import { isNumber, rank, typed } from "../find.ts";

export interface Choice {
  id: string;
  group: string;
  text: string;
  /** The number by which it is found as well. */
  phone?: string | undefined;
  /** Said beside it, smaller. */
  more?: string;
  icon?: string;
  /** Drawn with the letters of a name, for people. */
  face?: string;
  /** The key that does the same. */
  key?: string;
  run: () => void;
}

/** At most so many of each group, so that none crowds out the others. */
const PER_GROUP = 6;

/** Groups keep their order; within one the best match is first. */
export function choose(all: Iterable<Choice>, text: string): Choice[] {
  const groups = new Map<string, [Choice[], Choice[], Choice[]]>();
  const wanted = typed(text);
  for (const choice of all) {
    const { phone } = choice;
    const isIts = phone !== undefined && isNumber(phone, wanted);
    const at = rank(choice.text, wanted) ?? (isIts ? 2 : undefined);
    if (at === undefined) continue;
    const group = groups.get(choice.group) ?? [[], [], []];
    if (group[at].length < PER_GROUP) group[at].push(choice);
    groups.set(choice.group, group);
  }
  return [...groups.values()].flatMap((group) => group.flat().slice(0, PER_GROUP));
}
