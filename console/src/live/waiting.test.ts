import { afterEach, expect, test, vi } from "vitest";
import type { Event, ServerFrame } from "../protocol.ts";
import { Waiting, isNews } from "./waiting.svelte.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A server whose answers wait until they are given. */
function answers(): ((count: number, status?: number) => void)[] {
  const given: ((count: number, status?: number) => void)[] = [];
  vi.useFakeTimers();
  vi.stubGlobal("fetch", () => {
    return new Promise((resolve) => {
      given.push((count, status = 200) => {
        const page = { counts: [{ kind: "held", count }], code: "forbidden" };
        resolve(new Response(JSON.stringify(page), { status }));
      });
    });
  });
  return given;
}

const changed = (status: string): ServerFrame => ({
  type: "events",
  after: 1,
  upto: 2,
  events: [{ type: "message_changed", status } as Event],
});

test("a message that is held or unconfirmed is news where none waits", () => {
  expect(isNews(changed("held"), 0)).toBe(true);
  expect(isNews(changed("unconfirmed"), 0)).toBe(true);
  expect(isNews(changed("delivered"), 0)).toBe(false);
});

test("where some wait, any other word about a message may settle one of them", () => {
  for (const status of ["cancelled", "queued", "sent", "delivered"]) {
    expect(isNews(changed(status), 3)).toBe(true);
  }
});

test("what a colleague types says nothing of it", () => {
  const draft = { type: "draft", conversation_id: "c", agent_id: "a", text: "Hola" } as const;
  expect(isNews(draft, 3)).toBe(false);
});

/** A message was held, and another one while the number was being read. */
async function heldWhileRead() {
  const given = answers();
  const waiting = new Waiting();
  waiting.heard(changed("held"));
  await vi.advanceTimersByTimeAsync(0);
  waiting.heard(changed("held"));
  return { waiting, given };
}

test("what is held while the number is being read is counted by the next reading", async () => {
  const { waiting, given } = await heldWhileRead();
  given[0]?.(0);
  await vi.advanceTimersByTimeAsync(3_000);
  given[1]?.(1);
  await vi.advanceTimersByTimeAsync(0);
  expect(waiting.total).toBe(1);
  waiting.stop();
});

test("a slow answer does not take the place of a later one", async () => {
  const { waiting, given } = await heldWhileRead();
  await vi.advanceTimersByTimeAsync(3_000);
  given[1]?.(2);
  await vi.advanceTimersByTimeAsync(0);
  given[0]?.(1);
  await vi.advanceTimersByTimeAsync(0);
  expect(waiting.total).toBe(2);
  waiting.stop();
});

test("a refusal leaves the number, and the next word asks again", async () => {
  const given = answers();
  const waiting = new Waiting();
  waiting.heard(changed("held"));
  await vi.advanceTimersByTimeAsync(0);
  given[0]?.(0, 403);
  await vi.advanceTimersByTimeAsync(3_000);
  waiting.heard(changed("held"));
  await vi.advanceTimersByTimeAsync(0);
  given[1]?.(1);
  await vi.advanceTimersByTimeAsync(0);
  expect(waiting.total).toBe(1);
  waiting.stop();
});
