import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { headWithin } from "./head-within.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("an answer that has begun may take as long as it needs", async () => {
  let asked: AbortSignal | undefined;
  const answer = await headWithin(4_000, (signal) => {
    asked = signal;
    return Promise.resolve(new Response("a picture"));
  });
  vi.advanceTimersByTime(60_000);
  expect(asked?.aborted).toBe(false);
  expect(await answer.text()).toBe("a picture");
});

test("where none begins in time it is given up", async () => {
  const never = (signal: AbortSignal) =>
    new Promise<Response>((_, fail) => {
      signal.addEventListener("abort", () => fail(signal.reason as Error));
    });
  const asked = expect(headWithin(4_000, never)).rejects.toThrow("no answer");
  vi.advanceTimersByTime(4_000);
  await asked;
});
