import { expect, test } from "vitest";
import { type Held, headOf } from "../live/held.ts";
import type { Owner, Status } from "../protocol.ts";
import { counts, listing } from "./listing.testing.ts";
import { isLate, mostUrgent, waitUrgency, windowLeft } from "./views.ts";

const NOW = Date.parse("2026-01-02T12:00:00.000Z");
const ME = { agent: "me", teams: ["desk"] };
const MIN = 60_000;
const iso = (ms: number) => new Date(ms).toISOString();

interface Given {
  owner?: Owner;
  status?: Status;
  team?: string;
  /** Minutes. */
  waits?: number;
  /** Minutes. */
  window?: number;
  active?: number;
  followers?: string[];
  priority?: "high" | "urgent";
}
function talk(id: string, given: Given = {}): Held {
  const { waits, window = 600, active = 1, team = "desk" } = given;
  const head = {
    id,
    team_id: team,
    owner: given.owner ?? { kind: "queue", id: team },
    status: given.status ?? { kind: "open" },
    unanswered_since: waits === undefined ? null : iso(NOW - waits * MIN),
    activity_at: iso(NOW - active * MIN),
    ...(given.priority === undefined ? {} : { priority: given.priority }),
  };
  const { followers } = given;
  const more = followers === undefined ? {} : { followers };
  const thread = { window_until: iso(NOW + window * MIN), ...more };
  return { level: "full", view: { head, thread } } as Held;
}
const ids = (all: Held[]) => all.map((held) => headOf(held).id);
const ben: Owner = { kind: "agent", id: "ben" };

test("who waits longest is first, then the others, the newest first", () => {
  const all = [
    talk("a", { active: 5 }),
    talk("b", { waits: 3 }),
    talk("c", { active: 2 }),
    talk("d", { waits: 9 }),
  ];
  const { unanswered, others } = listing("open", all, ME, NOW);
  expect(ids(unanswered)).toEqual(["d", "b"]);
  expect(ids(others)).toEqual(["c", "a"]);
});

test("my work is mine and my teams' queues", () => {
  const all = [
    talk("mine", { owner: { kind: "agent", id: "me" }, team: "sales" }),
    talk("queue"),
    talk("other queue", { team: "sales" }),
    talk("bens", { owner: ben }),
    talk("snoozed", { status: { kind: "snoozed", until: iso(NOW) } }),
    talk("resolved", { status: { kind: "resolved" } }),
  ];
  expect(ids(listing("mine", all, ME, NOW).others).sort()).toEqual(["mine", "queue"]);
  const views = ["mine", "late", "snoozed", "open", "team-desk", "team-sales"];
  expect([...counts(views, all, ME, NOW).values()]).toEqual([2, 0, 1, 4, 2, 2]);
});

test("a number's view has what is up with it", () => {
  const on = (held: Held, channel_id: string, status: Status): Held => {
    Object.assign(headOf(held), { channel_id, status });
    return held;
  };
  const all = [
    on(talk("a"), "shop", { kind: "open" }),
    on(talk("b"), "door", { kind: "waiting" }),
    on(talk("c"), "shop", { kind: "resolved" }),
  ];
  expect(ids(listing("channel-shop", all, ME, NOW).others)).toEqual(["a"]);
  expect(ids(listing("channel-door", all, ME, NOW).others)).toEqual(["b"]);
});

test("a wait becomes soon due, then late; who was answered never is", () => {
  const of = (waits?: number) => waitUrgency(talk("a", waits === undefined ? {} : { waits }), NOW);
  expect([of(), of(7), of(8), of(14), of(15)]).toEqual(["fine", "fine", "soon", "soon", "late"]);
});

test("a window is news from four hours on, and only where an answer is due", () => {
  const left = (given: Given) => windowLeft(talk("a", given), NOW);
  expect(left({ waits: 1, window: 241 })).toBeUndefined();
  expect(left({ waits: 1, window: 240 })).toBe(240 * MIN);
  expect(left({ window: 30 })).toBeUndefined();
  expect(left({ waits: 1, window: -5 })).toBe(0);
});

test("less than an hour of the window is late, however short the wait", () => {
  expect(isLate(talk("a", { waits: 1, window: 59 }), NOW)).toBe(true);
  expect(isLate(talk("a", { waits: 1, window: 61 }), NOW)).toBe(false);
  expect(isLate(talk("a", { window: 5 }), NOW)).toBe(false);
});

test("the next one is the one whose window ends first, then who waits longest", () => {
  const next = (...all: Held[]) => {
    const found = mostUrgent(all, ME, NOW);
    return found === undefined ? undefined : headOf(found).id;
  };
  const long = talk("long", { waits: 300 });
  const short = talk("short", { waits: 10, window: 50 });
  expect(next(talk("a", { waits: 5 }), long)).toBe("long");
  expect(next(long, short)).toBe("short");
  expect(next(long, talk("closed", { waits: 2000, window: -1 }))).toBe("closed");
  const high = talk("high", { waits: 271, priority: "high" });
  expect(next(long, high)).toBe("high");
  expect(next(long, high, short)).toBe("short");
  expect(next(high, short, talk("urgent", { waits: 1, priority: "urgent" }))).toBe("urgent");
  expect(next(talk("bens", { waits: 5, owner: ben }), talk("answered"))).toBeUndefined();
  expect(next(talk("theirs", { waits: 5, team: "sales" }))).toBeUndefined();
});

test("what is followed is my work, whoever owns it, until it is resolved", () => {
  const mine = (given: Given) => counts(["mine"], [talk("a", given)], ME, NOW).get("mine");
  expect(mine({ owner: ben, followers: ["me", "sofia"] })).toBe(1);
  expect(mine({ owner: ben, followers: ["sofia"] })).toBe(0);
  expect(mine({ owner: ben, followers: ["me"], status: { kind: "resolved" } })).toBe(0);
});
