import { expect, test } from "vitest";
import { isPriorityEnough, queueAt } from "./priority.ts";

const MIN = 60_000;

test("what is high goes half an hour before, and what is urgent before all", () => {
  const at = (minutes: number, priority?: "high" | "urgent") =>
    queueAt(priority === undefined ? {} : { priority }, 1_800_000_000_000 + minutes * MIN);
  expect(at(31, "high")).toBeGreaterThan(at(0));
  expect(at(29, "high")).toBeLessThan(at(0));
  expect(at(1_000_000, "urgent")).toBeLessThan(at(0, "high"));
  expect(at(1, "urgent")).toBeGreaterThan(at(0, "urgent"));
});

test("more urgent needs a reason, and what is so already is not said again", () => {
  expect(isPriorityEnough("normal", "urgent", " ")).toBe(false);
  expect(isPriorityEnough("normal", "urgent", "No water")).toBe(true);
  expect(isPriorityEnough("urgent", "normal", "")).toBe(true);
  expect(isPriorityEnough("urgent", "urgent", "No water")).toBe(false);
});
