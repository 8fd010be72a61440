import { expect, test } from "vitest";
import type { Event, ServerFrame } from "../protocol.ts";
import { isNews } from "./waiting.svelte.ts";

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
