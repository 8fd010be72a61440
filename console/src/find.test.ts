import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fold, isIn, isName, isNumber, rank, typed } from "./find.ts";

interface Cases {
  folds: [string, string][];
  finds: { query: string; text: string; is_part: boolean }[];
  customers: { query: string; name?: string; phone?: string; found: boolean }[];
}
const path = join(import.meta.dirname, "../../protocol/fixtures/find.cases.json");
const cases = JSON.parse(readFileSync(path, "utf8")) as Cases;

test.each(cases.folds)("%s is folded as on the server", (text, folded) => {
  expect(fold(text)).toBe(folded);
  expect(fold(folded)).toBe(folded);
});

test.each(cases.finds)("$query in $text", ({ query, text, is_part }) => {
  expect(isIn(text, typed(query))).toBe(is_part);
});

test.each(cases.customers)("$query for $name$phone", ({ query, name, phone, found }) => {
  const wanted = typed(query);
  const isIt =
    (name !== undefined && isName(name, wanted)) ||
    (phone !== undefined && isNumber(phone, wanted));
  expect(isIt).toBe(found);
});

test.each([
  ["Lucía Ferrer", "luc", 0],
  ["Lucía Ferrer", "lucia", 0],
  ["Lucía Ferrer", "FERR", 1],
  ["Lucía Ferrer", "ferrer luc", 1],
  ["Lucía Ferrer", "cía", 2],
  ["Lucía Ferrer", "marta", undefined],
  ["Lucía Ferrer", "lucia marta", undefined],
  ["ليلى منصور", "منص", 1],
  ["คุณสมชาย", "สมชาย", 2],
  ["Resolve", " ", 0],
])("%s for %s", (text, query, at) => {
  expect(rank(text, typed(query))).toBe(at);
});
