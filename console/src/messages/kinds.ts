// Settings that a team sets up: loaded with their pages, in all languages at once. Each field,
// choice and part that is declared has its words here; the order of fields is that of their labels.

import type { KINDS } from "../settings/kind/kinds.ts";
import type { Language } from "./index.svelte.ts";
import { kindsAr } from "./kinds-ar.ts";
import { kindsEn } from "./kinds-en.ts";
import { kindsEs } from "./kinds-es.ts";
import { kindsPt } from "./kinds-pt.ts";

type Kinds = typeof KINDS;
type FieldsOf<K extends keyof Kinds> = Kinds[K]["fields"];

/** What a field says beside its label: its choices, its parts, the sorts of its rows. */
type Of<Name extends string, F> =
  | (F extends { options: readonly (infer One extends string)[] } ? `${Name}.${One}` : never)
  | (F extends { parts: infer Parts }
      ? | `${Name}.${Exclude<keyof Parts & string, "id">}`
        | { [P in keyof Parts & string]: Choices<`${Name}.${P}`, Parts[P]> }[keyof Parts & string]
      : never)
  | (F extends { sorts: infer Sorts }
      ? {
          [S in keyof Sorts & string]:
            | `${Name}.${S}`
            | `${Name}.${S}.${keyof Sorts[S] & string}`
            | {
                [P in keyof Sorts[S] & string]: Choices<`${Name}.${S}.${P}`, Sorts[S][P]>;
              }[keyof Sorts[S] & string];
        }[keyof Sorts & string]
      : never);
type Choices<Name extends string, F> = F extends { options: readonly (infer One extends string)[] }
  ? `${Name}.${One}`
  : F extends { parts: infer Parts }
    ? `${Name}.${keyof Parts & string}`
    : never;
type More = {
  [K in keyof Kinds]: {
    [Name in keyof FieldsOf<K> & string]: Of<Name, FieldsOf<K>[Name]>;
  }[keyof FieldsOf<K> & string];
}[keyof Kinds];

interface OfKind<K extends keyof Kinds> {
  /** All of them. */
  name: string;
  one: string;
  make: string;
  intro: string;
  /** Where there are none: what they are for. */
  none: string;
  /** What one may look like. */
  example: string;
  fields: Record<keyof FieldsOf<K> & string, string>;
  hints?: Partial<Record<keyof FieldsOf<K> & string, string>>;
}

export interface KindWords {
  kinds: { [K in keyof Kinds]: OfKind<K> };
  /** Choices and parts, by the field. */
  more: Record<More, string>;
  work: string;
  home: string;
  homeHint: string;
  workspace: string;
  onlyYou: string;
  all: string;
  find: string;
  used: string;
  never: string;
  changed: string;
  by: (name: string, when: string) => string;
  server: string;
  notSet: string;
  broken: (count: number) => string;
  brokenBy: (what: string) => string;
  brokenOnly: string;
  /** A field says something that this version does not keep. */
  notKept: (what: string) => string;
  /** Ends what nothing keeps. */
  takeAway: string;
  /** Such fields, by their names. */
  notKeptFields: Record<string, string>;
  noneSuch: string;
  gone: string;
  version: (version: string) => string;
  history: string;
  usedBy: string;
  make: string;
  saving: string;
  saved: string;
  toMend: (count: number) => string;
  rightsLack: string;
  fill: string;
  takenBy: string;
  tooMany: (most: string) => string;
  /** Moves that go round, with the teams. */
  circle: (teams: string) => string;
  wrong: (detail: string) => string;
  yes: string;
  no: string;
  nothing: string;
  add: string;
  drop: (what: string) => string;
  addWord: string;
  language: string;
  from: string;
  until: string;
  made: string;
  ended: string;
  moved: string;
  erased: string;
  compared: (older: string, newer: string) => string;
  field: string;
  same: (fields: string) => string;
  allSame: string;
  revert: (version: string) => string;
  reverted: string;
  unused: string;
  end: string;
  endAsk: (name: string) => string;
  endMore: string;
  endUsed: (count: number) => string;
  endAnyway: string;
  isEnded: (name: string) => string;
  clash: (name: string) => string;
  clashMore: string;
  mine: string;
  theirs: (name: string, version: string) => string;
  onlyMine: string;
  onlyTheirs: (name: string) => string;
  leave: string;
  back: string;
  saveAs: (version: string) => string;
  closed: string;
  addHours: (day: string) => string;
  days: string;
  day: string;
  addDay: string;
}

export const kindWords: Record<Language, KindWords> = {
  en: kindsEn,
  es: kindsEs,
  pt: kindsPt,
  ar: kindsAr,
};
