import { afterEach, expect, test, vi } from "vitest";
import { answering } from "./answering.svelte.ts";

const point = (isCoarse: boolean) => vi.stubGlobal("matchMedia", () => ({ matches: isCoarse }));
afterEach(() => {
  answering.end();
  vi.unstubAllGlobals();
});

test("what is typed before the text is there is of that text, and no command", () => {
  point(false);
  answering.ask("a");
  expect([..."sure"].map((key) => answering.takes(key))).toEqual([true, true, true, true]);
  expect(answering.takes("Escape")).toBe(false);
  expect(answering.arrive("b")).toBeUndefined();
  expect(answering.arrive("a")).toBe("sure");
  expect(answering.takes("s")).toBe(false);
});

test("where no text comes, keys are commands again, and nothing typed lands elsewhere", () => {
  point(false);
  answering.ask("a");
  answering.takes("s");
  answering.end("b");
  expect(answering.takes("u")).toBe(true);
  answering.end("a");
  expect(answering.takes("r")).toBe(false);
  answering.ask("b");
  expect(answering.arrive("b")).toBe("");
});

test("a touch screen keeps its keyboard away", () => {
  point(true);
  answering.ask("a");
  expect(answering.arrive("a")).toBeUndefined();
});
