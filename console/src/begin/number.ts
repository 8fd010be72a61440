// What counts as a telephone number, and which numbers an agent may write from.

import type { Agent, Channel, Id, Team } from "../protocol.ts";

/** Digits of a number with its country's code (E.164). */
const DIGITS_MIN = 8;
const DIGITS_MAX = 15;

/** What somebody typed: a number, or what is wrong with it. */
export type Typed =
  { kind: "number"; digits: string } | { kind: "empty" | "letters" | "code" | "zero" | "length" };

/**
 * Reads a number as people write it, as the server does: both are held against one table. The
 * country's code must be marked by + or 00: without the mark, digits that miss the code may be the
 * number of somebody in another country.
 */
export function typed(text: string): Typed {
  const plain = plainOf(text);
  if (/^[+()]*$/.test(plain)) return { kind: "empty" };
  if (!/^[+()\d]*$/.test(plain)) return { kind: "letters" };
  const bare = withoutTrunk(plain).replace(/[()]/g, "");
  if (bare.includes("+", 1)) return { kind: "letters" };
  const digits = bare.replace(/^\+?(00)?/, "");
  return digits === bare ? { kind: "code" } : read(digits, true);
}

/** The digits of a number, even without a mark; undefined if a text is no whole number. */
export function digitsOf(text: string): string | undefined {
  const marked = typed(text);
  if (marked.kind === "number") return marked.digits;
  const plain = plainOf(text);
  const known = /^\d+$/.test(plain) ? read(plain, false) : marked;
  return known.kind === "number" ? known.digits : undefined;
}

function read(digits: string, isMarked: boolean): Typed {
  const code = codeOf(digits);
  if (code === undefined) return { kind: "code" };
  let national = digits.slice(code.length);
  if (national.startsWith("0") && !KEEPS_ZERO.has(code)) {
    if (!isMarked || national.startsWith("00")) return { kind: "zero" };
    national = national.slice(1);
  }
  const planned = inPlan(code, national);
  if (planned === undefined) return { kind: "length" };
  const whole = code + planned;
  const isWhole = whole.length >= DIGITS_MIN && whole.length <= DIGITS_MAX;
  return isWhole ? { kind: "number", digits: whole } : { kind: "length" };
}

/** Countries whose numbers may begin with a zero. */
const KEEPS_ZERO = new Set("39 225 226 229 241 242 250 378 992".split(" "));
/** Countries' codes of one and two digits; all others have three. */
const SHORT = /^(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/;
/** Codes of three digits that no country has. */
const NOBODYS =
  /^(?:21[04579]|259|28\d|29[2-6]|379|38[48]|42[24-9]|6[78][14]|69[3-9]|80[1-79]|83\d|85[14789]|87[1-79]|88[4579]|89\d|9[679]9|978|99[01])$/;

function codeOf(digits: string): string | undefined {
  if (digits.startsWith("0")) return undefined;
  const code = SHORT.exec(digits)?.[0] ?? digits.slice(0, 3);
  return (code.length < 3 && !SHORT.test(code)) || NOBODYS.test(code) ? undefined : code;
}

/** Leaves out what is dialled inside a country only, in brackets behind the country's code. */
function withoutTrunk(plain: string): string {
  const [, before, trunk, after] = /^(.*?)\((0|8|06)\)(.*)$/.exec(plain) ?? [];
  if (before === undefined || trunk === undefined || after === undefined) return plain;
  const code = before.replace(/[+()]/g, "").replace(/^00/, "");
  const isTrunk =
    trunk === "8"
      ? /^(?:7|370|375|992|993|998)$/.test(code)
      : trunk === "06"
        ? code === "36"
        : codeOf(code) === code && !KEEPS_ZERO.has(code);
  return isTrunk ? before + after : plain;
}

/** A number within its country, as the plans say that are known here; undefined where it is none. */
function inPlan(code: string, national: string): string | undefined {
  const plan = PLANS[code];
  if (plan === undefined) return national === "" ? undefined : national;
  if (plan.test(national)) return national;
  // In Argentina mobiles are also written with a 15 behind the area.
  const [area, rest] = code === "54" ? fifteen(national) : [];
  return area === undefined || rest === undefined ? undefined : `9${area}${rest}`;
}

const PLANS: Partial<Record<string, RegExp>> = {
  1: /^[2-9]\d{9}$/,
  7: /^\d{10}$/,
  52: /^1?\d{10}$/,
  54: /^9?\d{10}$/,
  55: /^(?:\d{10}|\d{2}9\d{8})$/,
};

function fifteen(national: string): string[] {
  const twelve = national.length === 13 ? national.replace(/^9/, "") : national;
  if (twelve.length !== 12) return [];
  const ways = twelve.startsWith("11") ? [2] : [3, 4];
  const found = ways.filter((at) => twelve.startsWith("15", at));
  const [at] = found;
  return at === undefined || found.length > 1 ? [] : [twelve.slice(0, at), twelve.slice(at + 2)];
}

/** Digits, plus signs and brackets, without what stands between them; other letters as they are. */
function plainOf(text: string): string {
  return text
    .replace(/^[\s\p{Cf}]*tel:/iu, "")
    .replace(
      /[\s./'\u00b7\u2212\u30fb\u30fc\uff0e\uff0f\uff70\u2010-\u2015\ufe58\ufe63\uff0d\u00ad\p{Cf}-]/gu,
      "",
    )
    .replace(/\uff0b/g, "+")
    .replace(/[[\uff08]/g, "(")
    .replace(/[\]\uff09]/g, ")")
    .replace(/\p{Nd}/gu, digit);
}

/** The Latin form of a digit of any script. They stand in rows of ten, by value. */
function digit(one: string): string {
  const at = one.codePointAt(0) ?? 0;
  let zero = at;
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return String((at - zero) % 10);
}

export interface Writer {
  agent: Agent | undefined;
  teams: ReadonlyMap<Id, Pick<Team, "visibility">>;
  supervises: (team: Id) => boolean;
}

/** The numbers that somebody may begin conversations on, by name. As the server decides it. */
export function offered(channels: Iterable<Channel>, writer: Writer): Channel[] {
  const { agent, teams, supervises } = writer;
  const mine = new Set(agent?.teams.map(({ team_id }) => team_id));
  const isOffered = ({ default_team: team }: Channel) => {
    if (agent?.role === "admin") return true;
    // Who sees only the heads of a team's conversations cannot begin one.
    return mine.has(team) && (supervises(team) || teams.get(team)?.visibility !== "head");
  };
  return [...channels].filter(isOffered).sort((a, b) => a.name.localeCompare(b.name));
}
