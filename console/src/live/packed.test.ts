import { describe, expect, test } from "vitest";
import { Order } from "../inbox/order.ts";
import type { PackedHeads, Snapshot } from "../protocol.ts";
import { applyConversation, applyPacked, applyRows, apply, empty } from "./feed.ts";
import { headOf, unreadOf } from "./held.ts";
import { unpacked } from "./packed.ts";

const T0 = Date.parse("2026-03-02T09:00:00.000Z");
const id = (n: number) => `00000000-0000-7000-8000-00000000000${n}`;
const hex = (n: number) => id(n).replaceAll("-", "");

function heads(): PackedHeads {
  return {
    cursor: "e:9",
    more: false,
    rows: 3,
    base_ms: T0,
    channels: ["channel"],
    teams: ["sales"],
    agents: ["ana", "ben"],
    followed: [1],
    held: [],
    tags: [
      ["refund", [0, 1]],
      ["vip", [1]],
    ],
    columns: {
      ids: hex(1) + hex(2) + hex(3),
      level: "ffh",
      status: "osw",
      channel: [0, 0, 0],
      team: [0, 0, 0],
      owner: [1, 0, 2],
      owner_epoch: [2, 1, 3],
      episode: [1, 1, 1],
      revision: [5, 6, 7],
      last_seq: [4, 4, 4],
      activity_at: [0, 1_000, 2_000],
      unanswered_since: [0, null, null],
      snoozed_until: [null, 3_600_000, null],
      customer_seq: [4, 2, 0],
      read_seq: [1, 2, 0],
      window_until: [7_200_000, null, null],
    },
  };
}

const full = (n: number, revision: number): Snapshot => ({
  level: "full",
  view: {
    head: { ...headOf(unpacked(heads(), n - 1, n)[0] as never), revision },
    thread: {
      contact_id: "lucia",
      last_line: null,
      customer_seq: 4,
      turn: null,
      window_until: null,
      last_agent: null,
    },
    contact: { name: "Lucía", phone: null },
    preview: null,
    read_seq: 0,
  },
  from_seq: 1,
  lines: [],
  notes: [],
});

describe("heads as columns", () => {
  test("a row is what stands in its place of each column", () => {
    const [first, second, third] = unpacked(heads(), 0, 9);
    expect(first).toMatchObject({
      level: "packed",
      head: {
        id: id(1),
        owner: { kind: "agent", id: "ana" },
        status: { kind: "open" },
        unanswered_since: "2026-03-02T09:00:00.000Z",
      },
      slim: { window_until: T0 + 7_200_000, isFollowed: false, tags: ["refund"] },
    });
    expect(second).toMatchObject({
      head: {
        owner: { kind: "queue", id: "sales" },
        status: { kind: "snoozed", until: "2026-03-02T10:00:00.000Z" },
      },
      slim: { isFollowed: true, tags: ["refund", "vip"] },
    });
    expect(third).toMatchObject({ level: "head", head: { owner: { kind: "agent", id: "ben" } } });
    expect(unreadOf(first as never)).toBe(3);
  });

  test("views are ordered and counted without one row", () => {
    const order = new Order({ agent: "ana", teams: ["sales"] });
    order.tick(T0 + 5 * 60_000);
    const feed = empty();
    applyPacked(feed, unpacked(heads(), 0, 3));
    for (const [of, held] of feed.held) order.set(of, held);
    expect(order.rows("mine")).toEqual({ unanswered: [id(1)], others: [] });
    expect(order.counts(["open", "snoozed", "late"])).toEqual(
      new Map([
        ["open", 2],
        ["snoozed", 1],
        ["late", 0],
      ]),
    );
    expect(order.tick(T0 + 15 * 60_000)).toBe(true);
    expect(order.counts(["late"])).toEqual(new Map([["late", 1]]));
  });

  test("a row that is whole already stays so, and what is behind is asked for at the end", () => {
    const feed = empty();
    applyConversation(feed, id(1), full(1, 5));
    applyConversation(feed, id(2), full(2, 5));
    apply(feed, { type: "reset", reason: "too_much", upto: 9, after_ms: 0 });
    applyPacked(feed, unpacked(heads(), 0, 3));
    expect(feed.held.get(id(1))?.level).toBe("full");
    expect(feed.held.get(id(2))?.level).toBe("full");
    expect([...feed.wanted]).toEqual([[id(2), 6]]);
  });

  test("an event of a packed one asks for it, and its row keeps what was read", () => {
    const feed = empty();
    feed.position = 9;
    feed.agent = "ana";
    applyPacked(feed, unpacked(heads(), 0, 3));
    const mark = {
      position: 10,
      type: "read_marked",
      agent_id: "ana",
      conversation_id: id(1),
      seq: 3,
    };
    const change = { position: 11, type: "unfollowed", conversation_id: id(1), revision: 6 };
    const wants = apply(feed, {
      type: "events",
      after: 9,
      upto: 11,
      events: [mark, change] as never,
    });
    expect(wants).toEqual([{ kind: "conversation", id: id(1) }]);
    const row = full(1, 6);
    if (row.level === "full") applyRows(feed, [{ level: "full", view: row.view, unread: 1 }]);
    const held = feed.held.get(id(1));
    expect(held?.level === "full" && held.view.read_seq).toBe(3);
    expect(feed.wanted.size).toBe(0);
  });
});
