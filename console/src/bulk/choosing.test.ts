import { expect, test } from "vitest";
import { all, extended, nothing, picked, toggled } from "./choosing.ts";

const ORDER = ["a", "b", "c", "d", "e"];

test("one is chosen and let go", () => {
  const one = toggled(nothing, "c");
  expect(picked(one, ORDER)).toEqual(["c"]);
  expect(picked(toggled(one, "c"), ORDER)).toEqual([]);
});

test("a run goes from the last one on, in either direction, beside what was chosen before", () => {
  const two = toggled(toggled(nothing, "e"), "c");
  expect(picked(extended(two, ORDER, "a"), ORDER)).toEqual(["a", "b", "c", "e"]);
  expect(picked(extended(toggled(nothing, "b"), ORDER, "d"), ORDER)).toEqual(["b", "c", "d"]);
});

test("a run without a beginning is the row itself", () => {
  expect(picked(extended(nothing, ORDER, "d"), ORDER)).toEqual(["d"]);
  expect(extended(nothing, ORDER, "x")).toEqual(nothing);
});

test("all are chosen, then none", () => {
  const every = all(toggled(nothing, "b"), ORDER);
  expect(picked(every, ORDER)).toEqual(ORDER);
  expect(picked(all(every, ORDER), ORDER)).toEqual([]);
});

test("what left the list is not chosen any more", () => {
  expect(picked(toggled(toggled(nothing, "b"), "d"), ["d", "e"])).toEqual(["d"]);
});
