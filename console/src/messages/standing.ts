// How a number stands at Meta, which tells it in codes: quality, customers a day, its name.

import * as format from "../format.ts";
import type { Language } from "./index.svelte.ts";

const CODES = [
  "GREEN",
  "YELLOW",
  "RED",
  "UNLIMITED",
  "APPROVED",
  "DECLINED",
  "PENDING_REVIEW",
  "EXPIRED",
] as const;
const WORDS: Record<Language, readonly string[]> = {
  en: ["good", "middling", "bad", "no limit", "approved", "declined", "being looked at", "ended"],
  es: [
    "buena",
    "regular",
    "mala",
    "sin límite",
    "aprobado",
    "rechazado",
    "en revisión",
    "caducado",
  ],
  pt: ["boa", "média", "má", "sem limite", "aprovado", "recusado", "em análise", "expirado"],
  ar: ["جيدة", "متوسطة", "سيئة", "بلا حد", "معتمد", "مرفوض", "قيد المراجعة", "منتهٍ"],
};
const UNKNOWN: Record<Language, string> = {
  en: "not known",
  es: "no se sabe",
  pt: "não se sabe",
  ar: "غير معروف",
};

/** A code in words; a tier as a number. A code that Meta adds is what it is. */
export function sayStanding(language: Language, locale: string, code: string): string {
  if (code === "") return "";
  const tier = /^TIER_(?:NOT_SET|(\d+)(K)?|UNLIMITED)$/.exec(code);
  if (tier?.[1] !== undefined) {
    return format.count(locale, Number(tier[1]) * (tier[2] === undefined ? 1 : 1_000));
  }
  const at = CODES.findIndex((one) => one === code.replace(/^TIER_/, ""));
  const known = at < 0 ? undefined : WORDS[language][at];
  const isNone = ["UNKNOWN", "NA", "NONE", "NOT_SET", "TIER_NOT_SET"].includes(code);
  return known ?? (isNone ? UNKNOWN[language] : code.toLowerCase().replaceAll("_", " "));
}
