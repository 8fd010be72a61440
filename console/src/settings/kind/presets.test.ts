// The ready rules stand as a table beside the fixtures, where the server's rules play each of them.
// BATON_WRITE=1 writes it anew.
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ruleWords } from "../../messages/rules.ts";
import { BLANKS, type Chosen, PRESETS, bodyOf, isChosen } from "./presets.ts";

const TABLE = new URL("../../../../protocol/fixtures/presets.cases.json", import.meta.url);
const ID = (n: number) => `0198f2a0-0000-7000-8000-00000000${n.toString().padStart(4, "0")}`;
const CHOSEN: Required<Chosen> = {
  schedule: ID(1),
  tag: ID(2),
  team: ID(3),
  words: "refund, money back",
  language: "es",
  until: "2027-01-15",
};

test("each ready rule is what the table has", () => {
  const all = PRESETS.map((preset) => [preset, bodyOf(preset, ruleWords.en, CHOSEN)]);
  const text = `${JSON.stringify(Object.fromEntries(all), null, 2)}\n`;
  if (process.env["BATON_WRITE"] === "1") writeFileSync(TABLE, text);
  expect(readFileSync(TABLE, "utf8")).toBe(text);
});

test("a ready rule is on once all is chosen that it needs", () => {
  for (const preset of PRESETS) {
    expect(isChosen(preset, CHOSEN)).toBe(true);
    for (const blank of BLANKS[preset] ?? []) {
      expect(isChosen(preset, { ...CHOSEN, [blank]: "" })).toBe(false);
    }
  }
  expect(isChosen("sort", { ...CHOSEN, words: " , " })).toBe(false);
});

test("ready rules have names and texts of their own in each language", () => {
  for (const words of Object.values(ruleWords)) {
    const names = PRESETS.map((preset) => words.presets[preset].name);
    expect(new Set(names).size).toBe(PRESETS.length);
    for (const preset of PRESETS) expect(words.presets[preset].more).not.toBe("");
  }
});
