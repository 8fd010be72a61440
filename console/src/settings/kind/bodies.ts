// Two bodies beside each other: what differs, and what becomes of changes that crossed.

import { type Values, isNothing } from "./fields.ts";

/** The same text for what means the same. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const said = Object.entries(value).filter(([, one]) => !isNothing(one));
  return Object.fromEntries(said.map(([name, one]) => [name, plain(one)]).sort());
}

export function isSame(one: unknown, other: unknown): boolean {
  if (isNothing(one) || isNothing(other)) return isNothing(one) && isNothing(other);
  return JSON.stringify(plain(one)) === JSON.stringify(plain(other));
}

/** The fields in which two differ. */
export function differing(one: Values, other: Values): string[] {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].filter((name) => !isSame(one[name], other[name]));
}

export interface Crossed {
  /** Changed by both, each in another way. */
  both: string[];
  mine: string[];
  theirs: string[];
}

/** What two people made of the same body. */
export function crossed(base: Values, mine: Values, theirs: Values): Crossed {
  const [my, their] = [differing(base, mine), differing(base, theirs)];
  const isBoth = (name: string) => their.includes(name);
  return {
    both: my.filter((name) => isBoth(name) && !isSame(mine[name], theirs[name])),
    mine: my.filter((name) => !isBoth(name)),
    theirs: their.filter((name) => !my.includes(name)),
  };
}
