import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Agent, Channel } from "../protocol.ts";
import { digitsOf, offered, typed } from "./number.ts";

type Row = { typed: string; number?: string; fault?: string };
const table = join(import.meta.dirname, "../../../protocol/fixtures/text.numbers.json");
const rows = JSON.parse(readFileSync(table, "utf8")) as Row[];

test.each(rows)("$typed is read as the server reads it", ({ typed: text, number, fault }) => {
  expect(typed(text)).toEqual(
    number === undefined ? { kind: fault } : { kind: "number", digits: number },
  );
});

test.each(["600 123 456", "34600123456", "0 600 123 456", "(0) 600 123 456"])(
  "%j misses the mark of its country's code",
  (text) => {
    expect(typed(text)).toEqual({ kind: "code" });
  },
);

test("a search for digits is read as a number, too, but not parts of one nor words", () => {
  expect(digitsOf("34600123456")).toBe("34600123456");
  expect(digitsOf("+34 600 123 456")).toBe("34600123456");
  expect(digitsOf("+44 (0)7700 900123")).toBe("447700900123");
  for (const text of ["600 123", "600 123 456", "0600123456", "Ana 34600123456", ""]) {
    expect(digitsOf(text)).toBeUndefined();
  }
});

const channel = (name: string, team: string): Channel => ({
  id: `id of ${name}`,
  name,
  phone_number_id: "1",
  display_number: "+34 910 000 001",
  default_team: team,
  policy: {},
});
const channels = [channel("Shop", "sales"), channel("Repairs", "workshop")];
const person = (role: Agent["role"], ...teams: string[]) =>
  ({ role, teams: teams.map((team_id) => ({ team_id, kind: "member" })) }) as unknown as Agent;
const names = (agent: Agent, visibility: "full" | "head" = "full", supervises = false) =>
  offered(channels, {
    agent,
    teams: new Map(["sales", "workshop"].map((id) => [id, { visibility }])),
    supervises: () => supervises,
  }).map(({ name }) => name);

test("an agent writes from the numbers of their teams, an admin from all", () => {
  expect(names(person("agent", "sales"))).toEqual(["Shop"]);
  expect(names(person("agent"))).toEqual([]);
  expect(names(person("supervisor", "workshop"))).toEqual(["Repairs"]);
  expect(names(person("admin"))).toEqual(["Repairs", "Shop"]);
});

test("where members see heads only, their supervisors alone begin conversations", () => {
  expect(names(person("agent", "sales"), "head")).toEqual([]);
  expect(names(person("supervisor", "sales"), "head", true)).toEqual(["Shop"]);
  expect(names(person("admin"), "head")).toEqual(["Repairs", "Shop"]);
});
