// The language that a customer writes, as the server heard it or somebody set it.

import type { Held } from "../live/held.ts";

/** Languages that the server hears; others are set by hand. */
export const HEARD = [
  "ar",
  "de",
  "en",
  "es",
  "fr",
  "hi",
  "it",
  "ja",
  "ko",
  "nl",
  "pt",
  "ru",
  "sv",
  "tr",
  "vi",
  "zh",
] as const;

/** Its tag; undefined where it is not known, or no more than the head is seen. */
export function languageOf(held: Held): string | undefined {
  if (held.level === "packed") return held.slim.language;
  return held.level === "full" ? held.view.thread.language?.language : undefined;
}

/** Its name in the reader's language. */
export function languageName(locale: string, tag: string): string {
  try {
    return new Intl.DisplayNames([locale], { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

/** What can be chosen: those that the server hears and the one that is set, by their names. */
export function choices(locale: string, now: string | undefined): [string, string][] {
  const tags = new Set<string>([...HEARD, ...(now === undefined ? [] : [now])]);
  return [...tags]
    .map((tag): [string, string] => [tag, languageName(locale, tag)])
    .sort(([, a], [, b]) => a.localeCompare(b, locale));
}
