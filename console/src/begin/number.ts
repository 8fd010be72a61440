// What counts as a telephone number, and which numbers an agent may write from.

import type { Agent, Channel, Id, Team } from "../protocol.ts";

/** Digits of a number with its country's code (E.164). */
const DIGITS_MIN = 8;
const DIGITS_MAX = 15;

/** What somebody typed: a number, or what is wrong with it. */
export type Typed =
  | { kind: "number"; digits: string }
  | { kind: "empty" | "letters" | "code" | "length" };

/**
 * Reads a number as people write it. The country's code must be marked by + or 00: without the
 * mark, digits that miss the code may be the number of somebody in another country.
 */
export function typed(text: string): Typed {
  const plain = plainOf(text);
  if (plain === "") return { kind: "empty" };
  if (!/^\+?\d+$/.test(plain)) return { kind: "letters" };
  const digits = plain.replace(/^(\+|00)/, "");
  if (digits === plain || digits.startsWith("0")) return { kind: "code" };
  return isWhole(digits) ? { kind: "number", digits } : { kind: "length" };
}

/** The digits of a number, even without a mark; undefined if a text is no whole number. */
export function digitsOf(text: string): string | undefined {
  const [, digits] = /^(?:\+|00)?([1-9]\d*)$/.exec(plainOf(text)) ?? [];
  return digits !== undefined && isWhole(digits) ? digits : undefined;
}

const isWhole = ({ length }: string) => length >= DIGITS_MIN && length <= DIGITS_MAX;

/** Without what stands between digits. Arabic digits become Latin ones. */
function plainOf(text: string): string {
  return text
    .replace(/[\s./()\p{Pd}\p{Cf}]/gu, "")
    .replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) & 0xf));
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
