import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Held, headOf, unreadLinesOf, unreadOf } from "../live/held.ts";
import type { Id, Owner, SavedView, Snapshot, Status } from "../protocol.ts";
import { Order } from "./order.ts";
import { counts, listing } from "./listing.testing.ts";

const path = join(import.meta.dirname, "../../../protocol/fixtures/snapshot.full.json");
const snapshot = JSON.parse(readFileSync(path, "utf8")) as Snapshot;
if (snapshot.level !== "full") throw new Error("the fixture is no full snapshot");
const { view } = snapshot;
const SAVED: SavedView = {
  id: "kept",
  name: "Nobody yet",
  editable: true,
  filter: { owner: "nobody", unanswered: true },
};
const ME = { agent: "ana", teams: ["desk"], saved: [SAVED] };
const VIEWS = [
  ...["mine", "late", "snoozed", "open", "team-desk", "team-lobby", "saved-kept"],
  `channel-${view.head.channel_id}`,
];
const START = Date.parse("2026-11-22T12:00:00.000Z");
const iso = (ms: number) => new Date(ms).toISOString();

/** Numbers from a seed: mulberry32. */
function random(seed: number) {
  let a = seed;
  return (below: number) => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below) | 0;
  };
}

function someHeld(id: Id, below: (n: number) => number): Held {
  const team = below(2) === 0 ? "desk" : "lobby";
  const owners: Owner[] = [
    { kind: "queue", id: team },
    { kind: "agent", id: "ana" },
    { kind: "agent", id: "ben" },
  ];
  const statuses: Status[] = [
    { kind: "open" },
    { kind: "open" },
    { kind: "waiting" },
    { kind: "snoozed", until: iso(START) },
    { kind: "resolved" },
  ];
  const at = (spread: number) => iso(START - below(spread) * 60_000);
  const head = {
    ...view.head,
    id,
    team_id: team,
    owner: owners[below(3)] ?? view.head.owner,
    status: statuses[below(5)] ?? view.head.status,
    unanswered_since: below(2) === 0 ? null : at(30),
    activity_at: at(10),
  };
  if (below(5) === 0) return { level: "head", head };
  const window_until = below(4) === 0 ? null : iso(START + below(300) * 60_000);
  const followers = below(4) === 0 ? ["ana"] : [];
  const thread = { ...view.thread, window_until, followers, customer_seq: below(3) };
  return { level: "full", view: { ...view, head, thread, read_seq: below(3) } };
}

test("after any changes, in any order, it says what a pass over all says", () => {
  for (let seed = 1; seed <= 25; seed += 1) {
    const below = random(seed);
    const held = new Map<Id, Held>();
    const order = new Order(ME, 2 + (seed % 4));
    let now = START;
    order.tick(now);
    for (let step = 0; step < 120; step += 1) {
      const id = `c${below(25)}`;
      const kind = below(10);
      if (kind === 0) {
        held.delete(id);
        order.set(id, undefined);
      } else if (kind === 1) {
        now += below(20) * 60_000;
        order.tick(now);
      } else {
        const one = someHeld(id, below);
        held.set(id, one);
        order.set(id, one);
      }
      for (const of of VIEWS) {
        const all = listing(of, held.values(), ME, now);
        const expected = {
          unanswered: all.unanswered.map((one) => headOf(one).id),
          others: all.others.map((one) => headOf(one).id),
        };
        expect(order.rows(of), `seed ${seed}, step ${step}, ${of}`).toEqual(expected);
      }
      expect(order.counts(VIEWS)).toEqual(counts(VIEWS, held.values(), ME, now));
      const mine = listing("mine", held.values(), ME, now).unanswered;
      expect(order.unread).toBe(mine.filter((one) => unreadOf(one) > 0).length);
      const owned = [...held.values()].filter((one) => {
        const { owner, status } = headOf(one);
        return owner.kind === "agent" && owner.id === ME.agent && /open|waiting/u.test(status.kind);
      });
      const lines = owned.reduce((sum, one) => sum + unreadLinesOf(one), 0);
      expect(order.unreadLines).toBe(lines);
    }
  }
});

test("readers get the same list again until something in it changes", () => {
  const below = random(7);
  const order = new Order(ME);
  const one = someHeld("a", below);
  order.set("a", one);
  const before = VIEWS.map((of) => order.rows(of));
  order.set("a", one);
  expect(VIEWS.every((of, n) => order.rows(of) === before[n])).toBe(true);
});
