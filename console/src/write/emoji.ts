// The emoji there are, by group and English name, and those that somebody used last.

import groups from "unicode-emoji-json/data-by-group.json";
import { isName, typed } from "../find.ts";

export interface Group {
  slug: string;
  emojis: { emoji: string; name: string }[];
}

const KEPT = "baton.emoji";
const KEPT_MAX = 24;
const FOUND_MAX = 120;

export const GROUPS: readonly Group[] = groups;

/** Those whose name has what was typed. */
export function found(text: string): Group["emojis"] {
  const wanted = typed(text);
  return GROUPS.flatMap(({ emojis }) => emojis)
    .filter(({ name }) => isName(name, wanted))
    .slice(0, FOUND_MAX);
}

export function usedLast(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    return Array.isArray(kept)
      ? kept.filter((one) => typeof one === "string").slice(0, KEPT_MAX)
      : [];
  } catch {
    return [];
  }
}

export function use(emoji: string) {
  const all = [emoji, ...usedLast().filter((one) => one !== emoji)].slice(0, KEPT_MAX);
  try {
    localStorage.setItem(KEPT, JSON.stringify(all));
  } catch {
    // It is offered by its group.
  }
}
