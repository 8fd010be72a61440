// @vitest-environment node
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Event, Id, ServerFrame } from "../protocol.ts";
import { concerns } from "./notices.svelte.ts";

const BEN = "01890a5d-ac96-774b-bcce-00000000a0be";
const read = (name: string) =>
  JSON.parse(
    readFileSync(join(import.meta.dirname, `../../../protocol/fixtures/${name}.json`), "utf8"),
  ) as Event;
const note = read("event.note_added") as Event & { type: "note_added" };
const owner = read("event.owner_changed") as Event & { type: "owner_changed" };
const line = read("event.line_received");
const told = (event: Event): ServerFrame =>
  ({
    type: "events",
    after: event.position - 1,
    upto: event.position,
    events: [event],
  }) as unknown as ServerFrame;
const by = (id: Id) => ({ kind: "agent", id }) as const;

test("a note concerns whom it calls", () => {
  expect(concerns(told({ ...note, mentions: [BEN] }), BEN, 0)).toBe(true);
  expect(concerns(told({ ...note, mentions: [] }), BEN, 0)).toBe(false);
});

test("a conversation that became one's own by another concerns one; one's own act does not", () => {
  const mine = { ...owner, owner: { kind: "agent", id: BEN } } as const;
  expect(concerns(told({ ...mine, actor: by("somebody") }), BEN, 0)).toBe(true);
  expect(concerns(told({ ...mine, actor: by(BEN) }), BEN, 0)).toBe(false);
});

test("what customers write is told where it stands, and what is read counts down", () => {
  expect(concerns(told(line), BEN, 7)).toBe(false);
  const answer = read("event.line_written");
  expect([concerns(told(answer), BEN, 0), concerns(told(answer), BEN, 1)]).toEqual([false, true]);
});
