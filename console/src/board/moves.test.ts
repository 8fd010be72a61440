import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Held } from "../live/held.ts";
import type { Head, Owner, Snapshot } from "../protocol.ts";
import { commandOf } from "./moves.ts";

const path = join(import.meta.dirname, "../../../protocol/fixtures/snapshot.full.json");
const snapshot = JSON.parse(readFileSync(path, "utf8")) as Snapshot;
if (snapshot.level !== "full") throw new Error("the fixture is no full snapshot");
const { view } = snapshot;
const TEAM = view.head.team_id;
const ANA: Owner = { kind: "agent", id: "01890a5d-ac96-774b-bcce-00000000a001" };
const BEN: Owner = { kind: "agent", id: "01890a5d-ac96-774b-bcce-00000000a002" };
const QUEUE: Owner = { kind: "queue", id: TEAM };
const OTHER: Owner = { kind: "queue", id: "01890a5d-ac96-774b-bcce-00000000a0aa" };
const held = (head: Partial<Head>): Held => ({
  level: "full",
  view: { ...view, head: { ...view.head, owner: ANA, owner_epoch: 4, ...head } },
});

test("a drop on a person assigns, with the epoch that was on the screen", () => {
  const command = { type: "assign", agent_id: BEN.id, expect_owner_epoch: 4 };
  expect(commandOf(held({}), BEN, false)).toEqual(command);
  expect(commandOf(held({}), BEN, true)).toEqual({ ...command, exceed_capacity: true });
});

test("a drop on its team's queue gives it back, on another one it goes there", () => {
  expect(commandOf(held({}), QUEUE, false)).toEqual({ type: "unassign", expect_owner_epoch: 4 });
  expect(commandOf(held({}), OTHER, false)).toEqual({
    type: "transfer",
    to: OTHER,
    expect_owner_epoch: 4,
    seen: view.thread.last_line,
  });
});

test("a drop where it is already does nothing", () => {
  expect(commandOf(held({}), ANA, false)).toBeUndefined();
  expect(commandOf(held({ owner: QUEUE }), QUEUE, false)).toBeUndefined();
});
