import { expect, test } from "vitest";
import { isAwaited } from "./templates.ts";

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
