// @vitest-environment node
import { expect, test } from "vitest";
import { type Choice, choose, rank } from "./items.ts";

const choice = (group: string, text: string): Choice => ({
  id: text,
  group,
  text,
  run: () => undefined,
});

test.each([
  ["Lucía Ferrer", "luc", 0],
  ["Lucía Ferrer", "lucia", 0],
  ["Lucía Ferrer", "FERR", 1],
  ["Lucía Ferrer", "cía", 2],
  ["Lucía Ferrer", "marta", undefined],
  ["ليلى منصور", "منص", 1],
  ["Resolve", " ", 0],
])("%s for %s", (text, typed, at) => {
  expect(rank(text, typed)).toBe(at);
});

test("groups keep their order, the best match leads each", () => {
  const all = [choice("do", "Hand over"), choice("who", "Mehanna"), choice("who", "Hannah")];
  expect(choose(all, "han").map((one) => one.text)).toEqual(["Hand over", "Hannah", "Mehanna"]);
});

test("no group crowds out another", () => {
  const many = Array.from({ length: 50 }, (_, n) => choice("who", `Anna ${n}`));
  const texts = choose([...many, choice("go", "Anywhere")], "an").map((one) => one.text);
  expect(texts).toHaveLength(7);
  expect(texts.at(-1)).toBe("Anywhere");
});
