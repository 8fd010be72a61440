import { afterEach, expect, test, vi } from "vitest";
import type { Head, Line, Note, View } from "../protocol.ts";
import { apply, applyConversation, applyRows, empty, endLoading, restore } from "./feed.ts";
import { type Held } from "./held.ts";
import type { Keep } from "./keep.ts";
import { LINES_MAX, OPENED_MAX, ROWS_MAX, Shelf, choose, copyOf } from "./shelf.ts";
import type { Copy, Scene } from "./store.ts";

afterEach(() => void vi.useRealTimers());

const at = (n: number) => new Date(Date.UTC(2026, 0, 1) + n * 60_000).toISOString();
type Full = Extract<Held, { level: "full" }>;

function held(n: number, lines = 0): Full {
  const head = { id: `c${n}`, revision: 1, activity_at: at(n) } as Head;
  const view = { head, read_seq: 0, thread: {}, contact: {}, preview: null } as unknown as View;
  if (lines === 0) return { level: "full", view };
  const all = Array.from(
    { length: lines },
    (_, seq) => ({ seq: seq + 1, id: `l${seq + 1}`, at: at(seq) }) as Line,
  );
  const note = (id: string, minute: number) => ({ id, at: at(minute), revision: minute }) as Note;
  const notes = [note("old", 0), note("new", lines)];
  return {
    level: "full",
    view,
    lines: { from_seq: 1, lines: all, notes, coaching: [], changes: [] },
  };
}

test("the newest rows are kept, and those that were opened, however old", () => {
  const all = Array.from({ length: ROWS_MAX + 50 }, (_, n) => held(n));
  const chosen = choose(all, ["c3", "gone"]);
  expect(chosen.size).toBe(ROWS_MAX);
  expect(chosen.has("c3")).toBe(true);
  expect(chosen.has(`c${ROWS_MAX + 49}`)).toBe(true);
  expect(chosen.has("c4")).toBe(false);
  const opened = Array.from({ length: OPENED_MAX + 1 }, (_, n) => `c${n}`);
  expect(choose(all, opened).has(`c${OPENED_MAX}`)).toBe(false);
});

test("of a long conversation the end is kept, an unbroken run, and no coaching", () => {
  const copy = copyOf(held(1, LINES_MAX + 20), true);
  expect(copy.lines?.from_seq).toBe(21);
  expect(copy.lines?.lines).toHaveLength(LINES_MAX);
  expect(copy.lines?.notes.map(({ id }) => id)).toEqual(["new"]);
  expect(copyOf(held(1, 5), true).lines?.notes.map(({ id }) => id)).toEqual(["old", "new"]);
  expect(JSON.stringify(copy)).not.toContain("coaching");
  expect(copyOf(held(1, 5), false).lines).toBe(undefined);
});

test("what was kept gives way to the server, and goes where the server has none of it", () => {
  const feed = empty();
  restore(feed, "epoch", "ana", [
    ["c1", held(1, 3)],
    ["c2", held(2)],
  ]);
  expect([...feed.held.keys()]).toEqual(["c1", "c2"]);
  apply(feed, { type: "welcome", epoch: "epoch", agent_id: "ana" } as never);
  expect(feed.held.size).toBe(2);
  apply(feed, { type: "reset", upto: 9, after_ms: 0 } as never);
  const fresh = held(1).view;
  applyRows(feed, [
    { level: "full", view: { ...fresh, head: { ...fresh.head, revision: 4 } } } as never,
  ]);
  // Also where not all could be read: nobody vouches for it.
  endLoading(feed, false);
  expect([...feed.held.keys()]).toEqual(["c1"]);
  expect(feed.held.get("c1")).not.toHaveProperty("lines");
  // From now on it is told, and nothing is taken over any more.
  restore(feed, "epoch", "ana", [["c2", held(2)]]);
  expect(feed.held.has("c2")).toBe(false);
});

test("lines that were kept are not joined to those that are read", () => {
  const feed = empty();
  restore(feed, "epoch", "ana", [["c1", held(1, 5)]]);
  expect([...feed.unread]).toEqual(["c1"]);
  const { view, lines } = held(1, 5);
  const last = lines?.lines.slice(3) ?? [];
  const coaching = [{ id: "coached", position: 7 }];
  applyConversation(feed, "c1", {
    level: "full",
    view,
    from_seq: 4,
    lines: last,
    notes: [],
    coaching,
  } as never);
  const now = feed.held.get("c1");
  expect(now?.level === "full" && now.lines?.from_seq).toBe(4);
  expect(JSON.stringify(now)).toContain("coached");
  expect(feed.unread.size).toBe(0);
});

test("another life of the database means nothing to what was kept", () => {
  const feed = empty();
  restore(feed, "epoch", "ana", [["c1", held(1)]]);
  apply(feed, { type: "welcome", epoch: "another", agent_id: "ana" } as never);
  expect(feed.held.size).toBe(0);
});

test("what was opened is kept within a second of its coming, and the rest now and then", async () => {
  vi.useFakeTimers();
  const kept = new Map<string, Copy | undefined>();
  let writes = 0;
  const keep = {
    keepCopies: (copies: ReadonlyMap<string, Copy | undefined>) => {
      writes += 1;
      for (const [id, copy] of copies) kept.set(id, copy);
      return Promise.resolve(true);
    },
  } as Partial<Keep> as Keep;
  let all: Full[] = [];
  let isHeard = false;
  const scene = { epoch: "e", at: 0, agents: [], teams: [], channels: [], views: [] } as Omit<
    Scene,
    "opened"
  >;
  const shelf = new Shelf(keep, { all: () => all, scene: () => (isHeard ? scene : undefined) });
  // A slow server: nothing of it is kept before all was heard, and then at once.
  shelf.look("c1");
  await vi.advanceTimersByTimeAsync(30_000);
  expect(writes).toBe(0);
  [all, isHeard] = [[held(1)], true];
  shelf.touch();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(kept.get("c1")?.view.head.id).toBe("c1");
  all = [held(1, 2)];
  shelf.touch();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(kept.get("c1")?.lines?.lines).toHaveLength(2);
  // Later, what changes while nobody opens anything is gathered.
  await vi.advanceTimersByTimeAsync(60_000);
  writes = 0;
  for (let n = 0; n < 100; n += 1) {
    shelf.touch();
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(writes).toBeLessThanOrEqual(2);
  expect(writes).toBeGreaterThan(0);
});
