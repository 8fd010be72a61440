// A table of people to invite, as spreadsheets save it (CSV) or copy it. The first line names the
// columns; several teams stand in one cell with | between them, each NAME or NAME:supervisor.

import type { InviteWords } from "../messages/invite.ts";
import type { Id, InvitationNew, Role, RowProblem } from "../protocol.ts";
import { LIMITS } from "../wire.ts";
import { isGarbled } from "./letters.ts";

export const PEOPLE_MAX = LIMITS.invitedAtOnce;
const COLUMNS = ["email", "name", "role", "teams", "capacity"] as const;
type Column = (typeof COLUMNS)[number];
const ROLES: readonly Role[] = ["agent", "supervisor", "admin"];

export type Problem =
  | { at: "empty" | "too_many" | "quotes" }
  | { at: "column"; text: string }
  | { at: "missing"; text: "email" | "name" }
  | { at: "cells" | "email" | "name" | "role" | "capacity" | "twice" | "letters" }
  | { at: "team"; text: string }
  | { at: "supervisor" };
/** What is wrong, in words. */
export function problemText(w: InviteWords["problem"], problem: Problem): string {
  switch (problem.at) {
    case "column":
    case "missing":
    case "team":
      return w[problem.at](problem.text);
    default:
      return w[problem.at];
  }
}
/** What is wrong on a line of the table; the first is 1. */
export interface Wrong {
  line: number;
  problem: Problem;
}
export interface Person {
  line: number;
  person: InvitationNew;
}
export interface Table {
  people: Person[];
  wrong: Wrong[];
}

/** Reads a table; `teams` are those of the workspace by name. */
export function tableOf(text: string, teams: ReadonlyMap<string, Id>): Table {
  const table: Table = { people: [], wrong: [] };
  const { rows, unclosed } = rowsOf(text.replace(/^\uFEFF/, ""));
  const [head, ...rest] = rows;
  if (unclosed !== undefined) table.wrong.push({ line: unclosed, problem: { at: "quotes" } });
  else if (head === undefined) table.wrong.push({ line: 1, problem: { at: "empty" } });
  if (head === undefined || unclosed !== undefined) return table;
  const columns = head.cells.map((name) => name.trim().toLowerCase());
  const odd = columns.find((name) => !(COLUMNS as readonly string[]).includes(name));
  const missing = (["email", "name"] as const).find((name) => !columns.includes(name));
  if (odd !== undefined)
    table.wrong.push({ line: head.line, problem: { at: "column", text: odd } });
  else if (missing !== undefined) {
    table.wrong.push({ line: head.line, problem: { at: "missing", text: missing } });
  }
  if (table.wrong.length > 0) return table;
  if (rest.length === 0) table.wrong.push({ line: 1, problem: { at: "empty" } });
  if (rest.length > PEOPLE_MAX) table.wrong.push({ line: 1, problem: { at: "too_many" } });
  const met = new Set<string>();
  for (const { line, cells } of rest) {
    const found = personOf(cells, columns, teams);
    if ("at" in found) table.wrong.push({ line, problem: found });
    else if (met.has(found.email)) table.wrong.push({ line, problem: { at: "twice" } });
    else {
      met.add(found.email);
      table.people.push({ line, person: found });
    }
  }
  return table;
}

function personOf(
  cells: string[],
  columns: string[],
  teams: ReadonlyMap<string, Id>,
): InvitationNew | Problem {
  if (cells.length > columns.length) return { at: "cells" };
  if (cells.some(isGarbled)) return { at: "letters" };
  const cell = (name: Column) => cells[columns.indexOf(name)]?.trim() ?? "";
  const email = cell("email").toLowerCase();
  if (!/^[^\s@]+@[^\s@]+$/.test(email)) return { at: "email" };
  const name = cell("name");
  if (name === "") return { at: "name" };
  const said = cell("role").toLowerCase() || "agent";
  const role = ROLES.find((one) => one === said);
  if (role === undefined) return { at: "role" };
  const capacity = cell("capacity");
  if (!/^\d{0,6}$/.test(capacity)) return { at: "capacity" };
  const places: InvitationNew["teams"] = [];
  for (const place of cell("teams")
    .split("|")
    .map((one) => one.trim())) {
    if (place === "") continue;
    const kind = /:supervisor$/.test(place) ? "supervisor" : "member";
    const team = place.replace(/:(supervisor|member)$/, "").trim();
    const team_id = teams.get(team);
    if (team_id === undefined) return { at: "team", text: team };
    if (kind === "supervisor" && role === "agent") return { at: "supervisor" };
    places.push({ team_id, kind });
  }
  return { email, name, role, capacity: capacity === "" ? null : Number(capacity), teams: places };
}

/** The lines that the server found something wrong on. */
export function linesOf(people: readonly Person[], rows: readonly RowProblem[]) {
  return rows.map(({ row, problem }) => ({ line: people[row - 1]?.line ?? row, problem }));
}

interface Row {
  line: number;
  cells: string[];
}

/** The rows that are not empty, each with the line on which it begins (RFC 4180). */
function rowsOf(text: string): { rows: Row[]; unclosed?: number } {
  const head = text.split("\n", 1)[0] ?? "";
  const separator = ["\t", ";", ","].find((one) => head.includes(one)) ?? ",";
  const rows: Row[] = [];
  let [cells, cell, line, begun, isQuoted] = [[] as string[], "", 1, 1, false];
  for (let at = 0; at <= text.length; at += 1) {
    const letter = at === text.length ? "\n" : text[at];
    if (letter === "\n") line += 1;
    if (isQuoted && letter === '"' && text[at + 1] === '"') {
      cell += '"';
      at += 1;
    } else if (isQuoted && letter === '"') isQuoted = false;
    else if (isQuoted && at < text.length) cell += letter;
    else if (letter === '"' && cell.trim() === "") [cell, isQuoted] = ["", true];
    else if (letter === separator) [cells, cell] = [[...cells, cell], ""];
    else if (letter === "\n") {
      const row = [...cells, cell];
      if (row.some((one) => one.trim() !== "")) rows.push({ line: begun, cells: row });
      [cells, cell] = [[], ""];
      begun = line;
    } else if (letter !== "\r") cell += letter;
  }
  return isQuoted ? { rows, unclosed: begun } : { rows };
}
