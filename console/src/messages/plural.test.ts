import { expect, test } from "vitest";
import { ar } from "./ar.ts";
import { en } from "./en.ts";
import { es } from "./es.ts";
import { counted } from "./plural.ts";

test("large numbers are parted as each language parts them", () => {
  expect(en.bulk.askGive(12_000, 12_345, "Ben")).toBe("Move 12,000 of 12,345 to Ben?");
  expect(es.board.chosen(12_345)).toContain("12.345");
  expect(ar.board.chosen(12_345)).toContain("12,345");
  expect(counted("en")("12345")).toBe("12345");
});
