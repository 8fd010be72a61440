import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Setting } from "../protocol.ts";
import type { Attribute } from "../wire.ts";
import { known, seenBy, split, taken, told, typedNumber } from "./fields.ts";

interface Case {
  attribute: Attribute;
  value: unknown;
  taken?: unknown;
}
const path = join(import.meta.dirname, "../../../protocol/fixtures/fields.cases.json");
const cases = JSON.parse(readFileSync(path, "utf8")) as Case[];

test.each(cases)(
  "$attribute.type takes $value as the server does",
  ({ attribute, value, taken: expected }) => {
    expect(taken(attribute, value)).toEqual(expected);
  },
);

const attribute = (id: string, body: Partial<Attribute>, rank = 0): Setting =>
  ({
    id,
    rank,
    body: { key: id, name: id, type: "text", set: "anyone", ...body },
  }) as unknown as Setting;

test("what is hidden from a role is not there for it, and the order is the settings'", () => {
  const all = [
    attribute("b", {}, 2),
    attribute("a", {}, 1),
    attribute("debt", { hidden_from: ["agent"] }),
  ];
  expect(seenBy("agent", all).map(({ id }) => id)).toEqual(["a", "b"]);
  expect(seenBy("admin", all).map(({ id }) => id)).toEqual(["debt", "a", "b"]);
});

test("what has a value stands on the card, and what should stand there without one", () => {
  const all = seenBy("agent", [
    attribute("a", {}),
    attribute("b", { on_card: true }),
    attribute("c", {}),
  ]);
  const { shown, more } = split(all, { c: "x" });
  expect([shown.map(({ id }) => id), more.map(({ id }) => id)]).toEqual([["b", "c"], ["a"]]);
});

test("a number is read as people type it", () => {
  expect(["12", " -0,5 ", "1 200", "+3.", "", "1e5", "12a", "1,2,3"].map(typedNumber)).toEqual([
    12,
    -0.5,
    1200,
    3,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test("values are told in the reader's language, also to a canned reply", () => {
  const words = { locale: "es", yes: "Sí", no: "No" };
  expect(told({ type: "date" }, "2026-03-12", words)).toBe("12 mar 2026");
  expect(told({ type: "number" }, 1234.5, words)).toBe("1234,5");
  expect(told({ type: "number" }, 2024, { ...words, locale: "en" })).toBe("2024");
  expect(told({ type: "number" }, 9007199254740991, words)).toBe("9007199254740991");
  expect(told({ type: "number" }, 0.1234567, words)).toBe("0,1234567");
  expect(told({ type: "yes_no" }, false, words)).toBe("No");
  const all = seenBy("agent", [
    attribute("plan", {}),
    attribute("vip", { type: "yes_no" }),
    attribute("none", {}),
  ]);
  expect(known(all, { plan: "Team", vip: true }, words)).toEqual([
    ["customer.plan", "Team"],
    ["customer.vip", "Sí"],
  ]);
});
