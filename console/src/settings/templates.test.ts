import { expect, test } from "vitest";
import { isAwaited, nextLook } from "./templates.ts";

const account_id = "102290129340398";

test("a list is asked for until it came, or what is wrong with it", () => {
  expect(isAwaited(undefined)).toBe(true);
  expect(isAwaited({ templates: [], account_id })).toBe(true);
  expect(isAwaited({ templates: [], account_id, synced_at: "2026-11-26T02:00:00Z" })).toBe(false);
  expect(isAwaited({ templates: [], account_id, trouble: "the token lacks a permission" })).toBe(
    false,
  );
});

test("a number without an account has no list to come", () => {
  expect(isAwaited({ templates: [] })).toBe(false);
});

test("a page looks at once, then ever more seldom, for as long as the list is awaited", () => {
  expect(nextLook(undefined, 0)).toBe(0);
  const waits = [1, 2, 3, 6, 60].map((looks) => nextLook({ templates: [], account_id }, looks));
  expect(waits).toEqual([1_000, 2_000, 4_000, 30_000, 30_000]);
  expect(nextLook({ templates: [] }, 1)).toBeUndefined();
});

test("who saves an account again is told what came of it", () => {
  const trouble = "the token lacks a permission";
  expect(nextLook({ templates: [], account_id, trouble }, 0)).toBe(1_000);
});
