import { expect, test } from "vitest";
import type { Held } from "../live/held.ts";
import { choices, languageName, languageOf } from "./language.ts";

test("a language is named in the reader's, and an odd tag stands as it is", () => {
  expect(languageName("es", "pt")).toBe("portugués");
  expect(languageName("en", "pt_BR!")).toBe("pt_BR!");
});

test("the language is known of full and of packed rows", () => {
  const full = {
    level: "full",
    view: { thread: { language: { language: "pt" } } },
  } as unknown as Held;
  const packed = { level: "packed", slim: { language: "ar" } } as unknown as Held;
  const head = { level: "head", head: {} } as unknown as Held;
  expect([full, packed, head].map(languageOf)).toEqual(["pt", "ar", undefined]);
});

test("what was set by hand is among the choices", () => {
  const names = choices("en", "ca").map(([, name]) => name);
  expect(names).toContain("Catalan");
  expect(names).toEqual([...names].sort((a, b) => a.localeCompare(b, "en")));
});
