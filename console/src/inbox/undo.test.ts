import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Held } from "../live/held.ts";
import type { Line, Owner, Snapshot } from "../protocol.ts";
import type { Hand } from "../rules.ts";
import { waitingOf } from "./undo.ts";

const path = join(import.meta.dirname, "../../../protocol/fixtures/snapshot.full.json");
const snapshot = JSON.parse(readFileSync(path, "utf8")) as Snapshot;
if (snapshot.level !== "full") throw new Error("the fixture is no full snapshot");
const { view } = snapshot;
const NOW = Date.parse("2026-11-22T12:00:00.000Z");
const [ANA, BEN] = ["ana", "ben"];
const hand = (me: string, supervises = false) =>
  ({ me, supervises: () => supervises }) as unknown as Hand;

function held(of: Partial<Line>, owner: Owner = { kind: "queue", id: view.head.team_id }): Held {
  const line = {
    seq: 9,
    id: "nine",
    author: { kind: "agent", id: ANA },
    kind: "text",
    at: "2026-11-22T12:00:00.000Z",
    content: { text: "Buenas" },
    status: "queued",
    leaves_at: "2026-11-22T12:00:05.000Z",
    ...of,
  } as Line;
  return {
    level: "full",
    view: { ...view, head: { ...view.head, owner } },
    lines: { from_seq: 1, lines: [line], notes: [] },
  } as unknown as Held;
}

test("its author, the owner and a supervisor may take back what waits", () => {
  expect(waitingOf(held({}), hand(ANA), NOW)).toMatchObject({ isMine: true, leftMs: 5_000 });
  expect(waitingOf(held({}), hand(BEN), NOW)).toBeUndefined();
  expect(waitingOf(held({}), hand(BEN, true), NOW)).toMatchObject({ isMine: false });
  const owned = held({}, { kind: "agent", id: BEN });
  expect(waitingOf(owned, hand(BEN), NOW)).toMatchObject({ isMine: false });
});

test("what leaves, has left or was held does not wait", () => {
  expect(waitingOf(held({}), hand(ANA), NOW + 5_000)).toBeUndefined();
  expect(waitingOf(held({ status: "sending" }), hand(ANA), NOW)).toBeUndefined();
});
