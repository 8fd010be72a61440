import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Held } from "../live/held.ts";
import type { BoardAlert, Head, Snapshot, Board as Told } from "../protocol.ts";
import { alertsOf, board, offersOut } from "./figures.ts";

const path = join(import.meta.dirname, "../../../protocol/fixtures/snapshot.full.json");
const snapshot = JSON.parse(readFileSync(path, "utf8")) as Snapshot;
if (snapshot.level !== "full") throw new Error("the fixture is no full snapshot");
const { view } = snapshot;
const NOW = Date.parse("2026-01-02T12:00:00.000Z");
const MIN = 60_000;
const at = (ms: number) => new Date(ms).toISOString();

function held(id: string, waitedMin: number | undefined, head: Partial<Head>, leftMin = 600): Held {
  const since = waitedMin === undefined ? null : at(NOW - waitedMin * MIN);
  const queue = { kind: "queue", id: "desk" } as const;
  return {
    level: "full",
    view: {
      ...view,
      head: {
        ...view.head,
        id,
        team_id: "desk",
        owner: queue,
        status: { kind: "open" },
        unanswered_since: since,
        ...head,
      },
      thread: { ...view.thread, window_until: at(NOW + leftMin * MIN) },
    },
  };
}
const ben = { kind: "agent", id: "ben" } as const;
const all = [
  held("a", 3, {}),
  held("b", 40, { owner: ben }),
  held("c", undefined, { owner: ben, status: { kind: "waiting" } }),
  held("d", 9, { team_id: "sales", owner: { kind: "queue", id: "sales" } }, 100),
  held("e", 99, { status: { kind: "resolved" } }),
  held("f", undefined, { status: { kind: "snoozed", until: at(NOW + MIN) } }),
];

test("what waits is listed by age, and counted", () => {
  const { figures, waiting, queues, late, owned } = board(all, undefined, NOW);
  expect(waiting.map((one) => (one.level === "full" ? one.view.head.id : ""))).toEqual([
    "b",
    "d",
    "a",
  ]);
  expect(figures).toEqual({ open: 4, unassigned: 2, late: 1, oldest: 40 * MIN, windows: 1 });
  expect(queues.get("desk")).toEqual({ count: 1, oldest: 3 * MIN });
  expect([...late]).toEqual([["ben", 1]]);
  expect(owned.get("ben")).toHaveLength(2);
});

test("a team has its own figures", () => {
  const { figures } = board(all, new Set(["sales"]), NOW);
  expect(figures).toEqual({ open: 1, unassigned: 1, late: 0, oldest: 9 * MIN, windows: 1 });
});

test("where nobody waits there is no oldest wait", () => {
  expect(board([], undefined, NOW).figures.oldest).toBeUndefined();
});

const fixture = join(import.meta.dirname, "../../../protocol/fixtures/rest.board.json");
const told = JSON.parse(readFileSync(fixture, "utf8")) as Told;
const team = Object.keys(told.teams)[0] ?? "";

test("alerts of the chosen teams are shown, a brake always, and none of a later version", () => {
  const later = { kind: "on_fire", team_id: team } as unknown as BoardAlert;
  const more = { ...told, alerts: [...told.alerts, later] };
  const kinds = (teams: string[]) => alertsOf(more, new Set(teams)).map((alert) => alert.kind);
  expect(kinds([team])).toEqual(["brake", "nobody_there", "orphans", "late"]);
  expect(kinds([])).toEqual(["brake"]);
  expect(alertsOf(undefined, new Set([team]))).toEqual([]);
});

test("offers out are those of the chosen teams, and unknown where nobody counted", () => {
  expect(offersOut(told, new Set([team]))).toBe(1);
  expect(offersOut(told, new Set())).toBe(0);
  expect(offersOut(undefined, new Set([team]))).toBeUndefined();
});
