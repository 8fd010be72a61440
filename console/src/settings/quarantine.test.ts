import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Quarantined } from "../protocol.ts";
import { TOLD_CHARS, groups, isCut, pathOf, readable, standOf } from "./quarantine.ts";

const path = join(import.meta.dirname, "../../../protocol/fixtures/rest.quarantined.json");
const golden = JSON.parse(readFileSync(path, "utf8")) as Quarantined;
const row = (id: string, more: Partial<Quarantined> = {}): Quarantined => ({
  ...golden,
  id,
  ...more,
});

test("what was let go is over, though it was tried before", () => {
  const at = golden.at;
  expect(standOf(row("1"))).toBe("waits");
  expect(standOf(row("1", { replayed_at: at }))).toBe("replayed");
  expect(standOf(row("1", { replayed_at: at, dismissed_at: at }))).toBe("dismissed");
});

test("elements stand by reason, the reason of the newest first", () => {
  const rows = [
    row("4", { reason: "b" }),
    row("3", { reason: "a", dismissed_at: golden.at }),
    row("2", { reason: "a" }),
    row("1", { reason: "b" }),
  ];
  const ids = (isAll: boolean) =>
    groups(rows, isAll).map(({ reason, rows: of }) => [reason, of.map(({ id }) => id)]);
  expect(ids(false)).toEqual([
    ["b", ["4", "1"]],
    ["a", ["2"]],
  ]);
  expect(ids(true)).toEqual([
    ["b", ["4", "1"]],
    ["a", ["3", "2"]],
  ]);
});

test("a reason that is a name of JavaScript is a reason like others", () => {
  const rows = [row("1", { reason: "__proto__" }), row("2", { reason: "constructor" })];
  expect(groups(rows, true).map(({ reason }) => reason)).toEqual(["__proto__", "constructor"]);
});

test("an element that is whole is written in lines, the beginning of one as it came", () => {
  expect(readable('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
  expect(readable('{"a":[1')).toBe('{"a":[1');
  expect(readable("<img src=x onerror=hit=1>")).toBe("<img src=x onerror=hit=1>");
});

test("an element that may go on says so", () => {
  expect(isCut("{}")).toBe(false);
  expect(isCut("é".repeat(TOLD_CHARS))).toBe(true);
});

test("the next page begins after the last row", () => {
  expect(pathOf()).toBe("/quarantine?limit=50");
  expect(pathOf(row("0189"))).toBe("/quarantine?limit=50&before=0189");
});
