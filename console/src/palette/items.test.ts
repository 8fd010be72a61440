import { expect, test } from "vitest";
import { type Choice, choose } from "./items.ts";

const choice = (group: string, text: string): Choice => ({
  id: text,
  group,
  text,
  run: () => undefined,
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

test("a customer is found by the number as it is dialled at home", () => {
  const all = [{ ...choice("who", "Uwe"), phone: "4915112345678" }, choice("who", "Ana")];
  expect(choose(all, "0151 1234").map((one) => one.text)).toEqual(["Uwe"]);
  expect(choose(all, "0152 1234")).toEqual([]);
});
