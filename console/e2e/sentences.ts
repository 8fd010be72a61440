// What the pages say in each language, to find what was left in English.
import { readdirSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "../src/messages");
const LANGUAGES = ["en", "es", "pt", "ar"] as const;
export type Language = (typeof LANGUAGES)[number];
type Said = Record<Language, unknown>;

function isSaid(value: unknown): value is Said {
  return typeof value === "object" && value !== null && LANGUAGES.every((one) => one in value);
}

/** Sentences without parts to fill in. */
function texts(of: unknown, into: Set<string>) {
  if (typeof of === "string") into.add(of);
  else if (typeof of === "object" && of !== null)
    for (const one of Object.values(of)) texts(one, into);
}

/** English sentences that this language says otherwise. */
export async function leftInEnglish(language: Language): Promise<Set<string>> {
  if (language === "en") return new Set();
  const [english, own] = [new Set<string>(), new Set<string>()];
  for (const file of readdirSync(FOLDER, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".ts") || /\.svelte\.ts$|\.test\.ts$/.test(file)) continue;
    const module = (await import(join(FOLDER, file))) as Record<string, unknown>;
    for (const [name, value] of Object.entries(module)) {
      if (isSaid(value)) {
        texts(value.en, english);
        texts(value[language], own);
      } else if (/(^en$|En$)/.test(name)) texts(value, english);
      else if (name.toLowerCase().endsWith(language)) texts(value, own);
    }
  }
  return new Set([...english].filter((one) => one.length > 2 && !own.has(one)));
}
