import { expect, test } from "vitest";
import { Batch } from "./batch.ts";

test("many are told of once, when the last one is answered", () => {
  const batch = new Batch(
    new Map([
      ["op-a", "a"],
      ["op-b", "b"],
    ]),
  );
  expect(batch.answered("op-x", undefined)).toBe(false);
  expect(batch.answered("op-a", undefined)).toBe(false);
  expect(batch.left).toEqual(["b"]);
  const refused = { code: "not_allowed", detail: "no" } as const;
  expect(batch.answered("op-b", refused)).toBe(true);
  expect(batch.accepted).toEqual(["a"]);
  expect(batch.refused).toEqual([{ of: "b", refused }]);
});
