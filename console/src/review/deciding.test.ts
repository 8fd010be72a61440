import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Held } from "../live/held.ts";
import type { Details, Line, Snapshot } from "../protocol.ts";
import {
  type Row,
  commandOf,
  contextOf,
  countsByKind,
  current,
  mayBe,
  pathOf,
  saidSince,
  totalOf,
} from "./deciding.ts";

const path = join(import.meta.dirname, "../../../protocol/fixtures/snapshot.full.json");
const snapshot = JSON.parse(readFileSync(path, "utf8")) as Snapshot;
if (snapshot.level !== "full") throw new Error("the fixture is no full snapshot");
const { view } = snapshot;
const WRITTEN = Date.parse("2026-01-02T03:00:00.000Z");
const NOW = WRITTEN + 120_000;

const line = (seq: number, more: Partial<Line> = {}): Line => ({
  seq,
  id: `line-${seq}`,
  author: { kind: "customer" },
  kind: "text",
  at: new Date(WRITTEN).toISOString(),
  content: { text: `Line ${seq}` },
  ...more,
});
const held = line(7, { author: { kind: "agent", id: "ana" }, status: "held", held: "overtaken" });
const unsure = line(7, { author: { kind: "agent", id: "ana" }, status: "unconfirmed" });
const row = (of: Line, window: string | null = "2026-01-03T03:00:00.000Z"): Row => ({
  view: { ...view, thread: { ...view.thread, window_until: window, customer_seq: 0 } },
  line: of,
});

test("a held message can be sent or let go, an unconfirmed one be sent or counted as sent", () => {
  const can = (of: Row) =>
    (["send", "arrived", "discard"] as const).filter((one) => mayBe(one, of, NOW));
  expect(can(row(held))).toEqual(["send", "discard"]);
  expect(can(row(unsure))).toEqual(["send", "arrived"]);
  expect(can(row({ ...held, status: "cancelled" }))).toEqual([]);
  expect(can(row({ ...unsure, status: "delivered" }))).toEqual([]);
});

test("nobody decides while WhatsApp may still tell, and nothing is sent once the window closed", () => {
  expect(mayBe("arrived", row(unsure), WRITTEN + 59_000)).toBe(false);
  expect(mayBe("arrived", row(unsure), WRITTEN + 60_000)).toBe(true);
  const closed = "2026-01-02T03:01:00.000Z";
  expect(mayBe("send", row(held, closed), NOW)).toBe(false);
  expect(mayBe("send", row(held, null), NOW)).toBe(false);
  const details: Details = { type: "template", name: "ready", language: "es" };
  const template: Line = { ...held, kind: "template", content: { text: "Hola", details } };
  expect(mayBe("send", row(template, closed), NOW)).toBe(true);
  expect(mayBe("discard", row(held, closed), NOW)).toBe(true);
  expect(mayBe("arrived", row(unsure, closed), NOW)).toBe(true);
});

test("a held message whose words are not all here is not written anew", () => {
  expect(mayBe("send", row({ ...held, kind: "image" }), NOW)).toBe(false);
  expect(mayBe("send", row({ ...held, content: { erased: true } }), NOW)).toBe(false);
});

test("each decision is the command that the server has for it", () => {
  const seen = { seq: 9, id: "line-9" };
  expect(commandOf("send", row({ ...held, quoted: "line-5" }), seen)).toEqual({
    type: "reply",
    text: "Line 7",
    seen,
    replaces: "line-7",
    quoted: "line-5",
  });
  const resend = { type: "resend", message_id: "line-7", seen };
  expect(commandOf("send", row(unsure), seen)).toEqual(resend);
  expect(commandOf("arrived", row(unsure), null)).toEqual({
    type: "mark_sent",
    message_id: "line-7",
  });
  expect(commandOf("discard", row(held), null)).toEqual({ type: "cancel", message_id: "line-7" });
});

test("a message with buttons is sent again as it is, a place without the words made of it", () => {
  const seen = { seq: 9, id: "line-9" };
  const buttons: Details = { type: "buttons", buttons: [{ id: "y", title: "Yes" }] };
  const asks: Line = { ...held, kind: "interactive", content: { text: "Come?", details: buttons } };
  expect(mayBe("send", row(asks), NOW)).toBe(true);
  expect(commandOf("send", row(asks), seen)).toEqual({
    type: "send",
    text: "Come?",
    details: buttons,
    seen,
    replaces: "line-7",
  });
  const details = { type: "location", latitude: 40, longitude: -3 } as const;
  const place = { ...held, kind: "location", content: { text: "40, -3", details } } as const;
  expect(commandOf("send", row(place), seen)).toEqual({
    type: "send",
    details,
    seen,
    replaces: "line-7",
  });
});

const held_ = (lines: Line[]): Held => {
  const from_seq = lines[0]?.seq ?? 1;
  return { level: "full", view, lines: { from_seq, lines, notes: [], changes: [] } };
};

test("before it is sent, what it answered and what followed is shown, and counts as seen", () => {
  const lines = [5, 6].map((seq) => line(seq)).concat(held, line(8), line(9));
  const context = contextOf(row(held), held_(lines));
  expect(context?.before.map(({ seq }) => seq)).toEqual([5, 6]);
  expect(context?.since.map(({ seq }) => seq)).toEqual([8, 9]);
  expect(context?.seen).toEqual({ seq: 9, id: "line-9" });
  expect(context?.more).toBe(0);
});

test("where much followed, the newest is shown and the rest is counted", () => {
  const lines = [held, ...Array.from({ length: 10 }, (_, n) => line(8 + n))];
  const context = contextOf(row(held), held_(lines));
  expect(context?.since.map(({ seq }) => seq)).toEqual([12, 13, 14, 15, 16, 17]);
  expect(context?.more).toBe(4);
});

test("nothing is known to have been seen before the lines are here, from the message on", () => {
  expect(contextOf(row(held), undefined)).toBeUndefined();
  expect(contextOf(row(held), { level: "full", view })).toBeUndefined();
  expect(contextOf(row(held), held_([line(8), line(9)]))).toBeUndefined();
});

test("a row follows what this browser hears of its message", () => {
  const settled = { ...held, status: "cancelled" } as const;
  expect(current(row(held), held_([settled])).line.status).toBe("cancelled");
  expect(current(row(held), undefined).line.status).toBe("held");
});

test("a row says who spoke after its message", () => {
  const after = (customer_seq: number, last_seq: number) =>
    saidSince({
      view: { ...view, head: { ...view.head, last_seq }, thread: { ...view.thread, customer_seq } },
      line: held,
    });
  expect(after(8, 9)).toBe("customer");
  expect(after(6, 9)).toBe("team");
  expect(after(6, 7)).toBeUndefined();
});

test("the server is asked for one kind, one number, and what is older", () => {
  const query = (of: string) => Object.fromEntries(new URLSearchParams(of.split("?")[1]));
  expect(query(pathOf({}, NOW))).toEqual({ limit: "50" });
  expect(query(pathOf({ kind: "unconfirmed" }, NOW, "p2"))).toEqual({
    limit: "50",
    status: "unconfirmed",
    page: "p2",
  });
  expect(query(pathOf({ kind: "too_late", channel: "c", older: "10m" }, NOW))).toEqual({
    limit: "50",
    status: "held",
    reason: "too_late",
    channel: "c",
    before: new Date(NOW - 600_000).toISOString(),
  });
});

test("counts are told by kind and in all", () => {
  const counts = [
    { status: "held", reason: "overtaken", count: 3 },
    { status: "held", reason: "restored", count: 1 },
    { status: "unconfirmed", count: 2 },
  ] as const;
  expect(totalOf(counts)).toBe(6);
  expect(Object.fromEntries(countsByKind(counts))).toEqual({
    overtaken: 3,
    restored: 1,
    unconfirmed: 2,
  });
});
