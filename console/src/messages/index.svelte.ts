// The language in use. English is in the first load, the others come when they are asked for.

import { en, type Messages } from "./en.ts";
import { isRightToLeft, isolate } from "./isolate.ts";

export const LANGUAGES = { en: "English", es: "Español", pt: "Português", ar: "العربية" } as const;
export type Language = keyof typeof LANGUAGES;

const LOADERS: Record<Exclude<Language, "en">, () => Promise<Messages>> = {
  es: async () => (await import("./es.ts")).es,
  pt: async () => (await import("./pt.ts")).pt,
  ar: async () => (await import("./ar.ts")).ar,
};

class Words {
  t: Messages = $state.raw(en);
  language: Language = $state("en");
  /** For `Intl`: digits are Latin, as in phone numbers. */
  readonly locale = $derived(this.language === "ar" ? "ar-u-nu-latn" : this.language);

  async use(language: Language): Promise<void> {
    this.t = language === "en" ? en : await LOADERS[language]();
    this.language = language;
    document.documentElement.lang = language;
    document.documentElement.dir = language === "ar" ? "rtl" : "ltr";
  }
}

export const words = new Words();

/** The first language of the browser's that is here. */
export function spoken(wanted: readonly string[]): Language {
  const found = wanted.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag in LANGUAGES);
  return (found as Language | undefined) ?? "en";
}

/** A name inside a sentence of ours: it keeps its own direction. */
export function name(text: string): string {
  return words.language === "ar" || isRightToLeft(text) ? isolate(text) : text;
}
