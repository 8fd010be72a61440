import { expect, test } from "vitest";
import type { Held } from "../live/held.ts";
import { offeredTo, offersOf } from "./offers.ts";

const NOW = Date.parse("2026-03-02T09:00:00Z");
const held = (id: string, agent_id: string, seconds: number) =>
  ({
    level: "full",
    view: {
      head: { id },
      thread: {
        offer: {
          offer_id: `o${id}`,
          agent_id,
          until: new Date(NOW + seconds * 1_000).toISOString(),
        },
      },
    },
  }) as unknown as Held;

test("an offer is shown to the agent who is asked, until it is over; the first to end comes first", () => {
  const all = [
    held("1", "ana", 45),
    held("2", "ben", 45),
    held("3", "ana", 0),
    held("4", "ana", 9),
  ];
  const none = { level: "full", view: { head: { id: "5" }, thread: {} } } as unknown as Held;
  const shown = offersOf([...all, none], "ana", NOW);
  expect(shown.map(({ id, left }) => [id, left])).toEqual([
    ["4", 9],
    ["1", 45],
  ]);
});

test("who is asked is known of a conversation that is seen whole, and of no other", () => {
  const head = { level: "head", head: { id: "6" } } as unknown as Held;
  const none = { level: "full", view: { head: { id: "5" }, thread: {} } } as unknown as Held;
  expect([held("1", "ana", 45), none, head, undefined].map(offeredTo)).toEqual([
    "ana",
    undefined,
    undefined,
    undefined,
  ]);
});
