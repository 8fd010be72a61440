import { expect, test } from "vitest";
import type { Held } from "../live/held.ts";
import { fits, placeOf } from "./saved.ts";

const ME = "01890a5d-ac96-774b-bcce-00000000a001";
const BEN = "01890a5d-ac96-774b-bcce-00000000a002";
const TEAM = "01890a5d-ac96-774b-bcce-00000000b001";

const held = (more: object = {}): Held => ({
  level: "head",
  head: {
    id: "c",
    channel_id: "n",
    team_id: TEAM,
    owner: { kind: "agent", id: ME },
    owner_epoch: 1,
    status: { kind: "open" },
    episode: 1,
    revision: 1,
    last_seq: 1,
    unanswered_since: "2026-01-01T00:00:00.000Z",
    activity_at: "2026-01-01T00:00:00.000Z",
    ...more,
  },
});

test("everything that a view says must hold", () => {
  expect(fits({ owner: "me", team_id: TEAM, unanswered: true }, held(), ME)).toBe(true);
  expect(fits({ owner: "me" }, held(), BEN)).toBe(false);
  expect(fits({ owner: BEN }, held(), ME)).toBe(false);
  expect(fits({ owner: "nobody" }, held({ owner: { kind: "queue", id: TEAM } }), ME)).toBe(true);
  expect(fits({ unanswered: true }, held({ unanswered_since: null }), ME)).toBe(false);
  expect(fits({ channel_id: "other" }, held(), ME)).toBe(false);
  expect(fits({ status: "waiting" }, held(), ME)).toBe(false);
  const asleep = held({ status: { kind: "snoozed", until: "2026-01-02T00:00:00.000Z" } });
  expect(fits({ owner: "me" }, asleep, ME)).toBe(false);
  expect(fits({ status: "snoozed" }, asleep, ME)).toBe(true);
  const [before, now, after] = [
    "2025-12-31T00:00:00.000Z",
    "2026-01-01T00:00:00.000Z",
    "2026-01-02T00:00:00.000Z",
  ];
  expect(fits({ from: now, until: after }, held(), ME)).toBe(true);
  expect(fits({ from: after }, held(), ME)).toBe(false);
  expect(fits({ from: before, until: now }, held(), ME)).toBe(false);
});

test("a text and what is resolved lead to the search", () => {
  const view = { id: "v", name: "W", editable: true, filter: { text: "garantía", owner: "me" } };
  expect(placeOf(view)).toEqual({ at: "search", q: "garantía", owner: "me" });
  const open = { ...view, filter: { status: "open" as const } };
  expect(placeOf(open)).toEqual({ at: "inbox", view: "saved-v", conversation: undefined });
});
