import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Held } from "../live/held.ts";
import type { Agent, Head, Owner, Snapshot, Team, Thread } from "../protocol.ts";
import type { Hand } from "../rules.ts";
import { type Deed, beforeOf, offered, planOf, undoOf, unwait } from "./plan.ts";

const path = join(import.meta.dirname, "../../../protocol/fixtures/snapshot.full.json");
const snapshot = JSON.parse(readFileSync(path, "utf8")) as Snapshot;
if (snapshot.level !== "full") throw new Error("the fixture is no full snapshot");
const { view } = snapshot;
const SEEN = view.thread.last_line;
const TEAM = view.head.team_id;
const OTHER_TEAM = "01890a5d-ac96-774b-bcce-00000000a0aa";
const [ANA, BEN, EVA] = ["ana", "ben", "eva"] as const;
const QUEUE: Owner = { kind: "queue", id: TEAM };
const of = (id: string): Owner => ({ kind: "agent", id });
const NOW = Date.parse("2026-11-22T12:00:00.000Z");

const held = (head: Partial<Head>, thread: Partial<Thread> = {}): Held => ({
  level: "full",
  view: {
    ...view,
    head: { ...view.head, owner: QUEUE, owner_epoch: 4, status: { kind: "open" }, ...head },
    thread: { ...view.thread, followers: [], ...thread },
  },
});
const hand = (
  more: Partial<Hand> & { policy?: Team["reply_policy"]; room?: number } = {},
): Hand => ({
  me: ANA,
  teams: [TEAM],
  supervises: () => false,
  team: (id) => ({
    id,
    name: "Desk",
    reply_policy: more.policy ?? "owner",
    visibility: "full",
    claim_from_colleagues: false,
  }),
  agent: (id): Agent => ({
    id,
    name: id,
    role: "agent",
    state: "active",
    availability: "available",
    load: 6,
    capacity: more.room === undefined ? null : 6 + more.room,
    teams: [],
  }),
  ...more,
});
const SUPERVISOR = hand({ supervises: () => true });
const give = (to: Owner, isForced = false): Deed => ({ kind: "give", to, isForced });
const plan = (deed: Deed, one: Held, by = hand()) => {
  const [step] = planOf(deed, [{ id: "c", held: one }], by);
  return step?.command ?? step?.hindrance;
};

test("each command carries the epoch and the line that were on the screen", () => {
  const assign = { type: "assign", agent_id: BEN, expect_owner_epoch: 4 };
  expect(plan(give(of(BEN)), held({}), SUPERVISOR)).toEqual(assign);
  expect(plan(give(of(BEN)), held({ owner: of(ANA) }))).toEqual(assign);
  expect(plan({ kind: "resolve" }, held({}))).toEqual({ type: "resolve", seen: SEEN });
  const until = NOW + 3_600_000;
  expect(plan({ kind: "snooze", until }, held({}))).toEqual({
    type: "snooze",
    until: "2026-11-22T13:00:00.000Z",
    seen: SEEN,
  });
});

test("an agent takes out of a queue, or hands over from it", () => {
  expect(plan(give(of(ANA)), held({}))).toEqual({ type: "claim", expect_owner_epoch: 4 });
  expect(plan(give(of(BEN)), held({}))).toMatchObject({
    type: "transfer",
    to: of(BEN),
    seen: SEEN,
  });
});

test("what belongs to a colleague is the colleague's, as the team's policy has it", () => {
  const theirs = { kind: "theirs", owner: of(BEN) };
  expect(plan(give(of(EVA)), held({ owner: of(BEN) }))).toEqual(theirs);
  expect(plan({ kind: "resolve" }, held({ owner: of(BEN) }))).toEqual(theirs);
  const inTeam = hand({ policy: "team" });
  expect(plan({ kind: "resolve" }, held({ owner: of(BEN) }), inTeam)).toMatchObject({
    type: "resolve",
  });
  const outside = hand({ policy: "team", teams: [] });
  expect(plan({ kind: "resolve" }, held({ owner: of(BEN) }), outside)).toEqual(theirs);
});

test("what is out of sight, resolved or so already is left as it is", () => {
  const one: Held = { level: "head", head: { ...view.head, status: { kind: "open" } } };
  expect(planOf({ kind: "follow" }, [{ id: "c", held: undefined }], hand())).toEqual([
    { id: "c", hindrance: { kind: "gone" } },
  ]);
  expect(plan({ kind: "follow" }, one)).toEqual({ kind: "head" });
  const resolved = held({ status: { kind: "resolved" } });
  expect(plan(give(of(BEN)), resolved, SUPERVISOR)).toEqual({ kind: "resolved" });
  expect(plan({ kind: "resolve" }, resolved)).toEqual({ kind: "same" });
  expect(plan(give(QUEUE), held({}))).toEqual({ kind: "same" });
  expect(plan({ kind: "follow" }, held({}, { followers: [ANA] }))).toEqual({ kind: "same" });
});

test("somebody gets as many as there is room for, and more by a supervisor's wish only", () => {
  const all = ["a", "b", "c"].map((id) => ({ id, held: held({}) }));
  const by = hand({ supervises: () => true, room: 2 });
  const steps = planOf(give(of(BEN)), all, by);
  expect(steps.map((step) => step.hindrance?.kind)).toEqual([undefined, undefined, "full"]);
  const forced = planOf(give(of(BEN), true), all, by);
  expect(forced[2]?.command).toMatchObject({ type: "assign", exceed_capacity: true });
  const agent = planOf(give(of(BEN), true), all, hand({ room: 2 }));
  expect(agent[2]?.hindrance?.kind).toBe("full");
});

test("what nobody could do to any of them is not offered", () => {
  expect([...offered([held({ owner: of(BEN) })], hand())]).toEqual(["follow", "tag"]);
  expect(offered([held({ owner: of(BEN) }), held({})], hand()).has("resolve")).toBe(true);
  expect([
    ...offered([held({ status: { kind: "resolved" } }, { followers: [ANA] })], hand()),
  ]).toEqual(["tag"]);
});

test("a move goes back to whom it was taken from, in the next epoch", () => {
  const before = beforeOf(held({ owner: of(EVA) }));
  const now = held({ owner: of(BEN), owner_epoch: 5, revision: view.head.revision + 1 });
  expect(undoOf(give(of(BEN)), before, now, SUPERVISOR, NOW)).toEqual([
    { type: "assign", agent_id: EVA, expect_owner_epoch: 5, exceed_capacity: true },
  ]);
});

test("a move to another team comes back into its own", () => {
  const before = beforeOf(held({ owner: of(EVA) }));
  const to: Owner = { kind: "queue", id: OTHER_TEAM };
  const now = held({ owner: to, owner_epoch: 5, team_id: OTHER_TEAM, revision: 99 });
  expect(undoOf(give(to), before, now, SUPERVISOR, NOW)).toEqual([
    { type: "transfer", to: QUEUE, expect_owner_epoch: 5, seen: SEEN },
    { type: "assign", agent_id: EVA, expect_owner_epoch: 6, exceed_capacity: true },
  ]);
});

test("what an agent gave away does not come back; what went to a queue does", () => {
  const before = beforeOf(held({ owner: of(ANA) }));
  const away = held({ owner: of(BEN), owner_epoch: 5, revision: 99 });
  expect(undoOf(give(of(BEN)), before, away, hand(), NOW)).toBeUndefined();
  const queued = held({ owner: QUEUE, owner_epoch: 5, revision: 99 });
  expect(undoOf(give(QUEUE), before, queued, hand(), NOW)).toEqual([
    { type: "claim", expect_owner_epoch: 5 },
  ]);
});

test("a resolved one is opened again and goes back to its owner", () => {
  const now = held({ status: { kind: "resolved" }, owner_epoch: 5, revision: 99 });
  const mine = beforeOf(held({ owner: of(ANA) }));
  expect(undoOf({ kind: "resolve" }, mine, now, hand(), NOW)).toEqual([{ type: "reopen" }]);
  const theirs = beforeOf(held({ owner: of(BEN) }));
  expect(undoOf({ kind: "resolve" }, theirs, now, hand(), NOW)).toEqual([
    { type: "reopen" },
    { type: "assign", agent_id: BEN, expect_owner_epoch: 6 },
  ]);
  const queued = beforeOf(held({ owner_epoch: 5 }));
  expect(undoOf({ kind: "resolve" }, queued, now, hand(), NOW)).toEqual([
    { type: "reopen" },
    { type: "unassign", expect_owner_epoch: 6 },
  ]);
});

test("what was snoozed opens again, or is what it was before", () => {
  const until = NOW + 3_600_000;
  const snoozed = { kind: "snoozed", until: new Date(until).toISOString() } as const;
  const now = held({ status: snoozed, revision: 99 });
  const deed: Deed = { kind: "snooze", until };
  expect(undoOf(deed, beforeOf(held({})), now, hand(), NOW)).toEqual([{ type: "reopen" }]);
  const waiting = beforeOf(held({ status: { kind: "waiting" } }));
  expect(undoOf(deed, waiting, now, hand(), NOW)).toEqual([{ type: "mark_waiting", seen: SEEN }]);
});

test("what was marked as waiting is open again, unless somebody has acted since", () => {
  const waiting = held({ status: { kind: "waiting" }, revision: 99 });
  expect(unwait(beforeOf(held({})), waiting, NOW)).toEqual({ type: "reopen" });
  expect(unwait(beforeOf(held({})), held({}), NOW)).toEqual({ type: "reopen" });
  expect(unwait(beforeOf(held({})), held({ revision: 99 }), NOW)).toBeUndefined();
  const until = new Date(NOW + 3_600_000).toISOString();
  const snoozed = beforeOf(held({ status: { kind: "snoozed", until } }));
  expect(unwait(snoozed, waiting, NOW)).toEqual({ type: "snooze", until, seen: SEEN });
});

test("nothing is taken back where somebody has acted since", () => {
  const before = beforeOf(held({}));
  const moved = held({ owner: of(EVA), owner_epoch: 6, revision: 99 });
  expect(undoOf(give(of(BEN)), before, moved, SUPERVISOR, NOW)).toBeUndefined();
  const open = held({ revision: 99 });
  expect(undoOf({ kind: "resolve" }, before, open, SUPERVISOR, NOW)).toBeUndefined();
  expect(undoOf({ kind: "snooze", until: NOW + 1 }, before, open, SUPERVISOR, NOW)).toBeUndefined();
  expect(undoOf({ kind: "follow" }, before, undefined, SUPERVISOR, NOW)).toBeUndefined();
});

test("tags go on and come off where they are not or are, and all of it is taken back", () => {
  const [refund, vip, lead] = ["refund", "vip", "lead"];
  const on = (tags: string[]) => held({}, { tags: tags.map((tag) => ({ tag, lasting: false })) });
  const deed: Deed = { kind: "tag", add: [refund], remove: [vip] };
  const all = [on([]), on([vip, lead]), on([refund])];
  const steps = planOf(
    deed,
    all.map((one, n) => ({ id: `${n}`, held: one })),
    hand(),
  );
  expect(steps).toEqual([
    { id: "0", command: { type: "tag", add: [refund] } },
    { id: "1", command: { type: "tag", add: [refund], remove: [vip] } },
    { id: "2", hindrance: { kind: "same" } },
  ]);
  const before = beforeOf(on([vip, lead]));
  expect(undoOf(deed, before, all[1], hand(), NOW)).toEqual([
    { type: "tag", add: [vip], remove: [refund] },
  ]);
});

test("one outcome is for all that are resolved", () => {
  const deed: Deed = { kind: "resolve", chosen: { outcome: "sold" } };
  const [step] = planOf(deed, [{ id: "0", held: held({}) }], hand());
  expect(step).toEqual({ id: "0", command: { type: "resolve", seen: SEEN, outcome: "sold" } });
});
