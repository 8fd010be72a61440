import { expect, test } from "vitest";
import type { Lines } from "../live/held.ts";
import type { Item } from "../live/outbox.ts";
import type { Author, Line, Note } from "../protocol.ts";
import { entries } from "./timeline.ts";

const NOW = new Date("2026-01-02T12:00:00").getTime();
const at = (text: string) => new Date(text).toISOString();
const line = (seq: number, when: string, author: Author = { kind: "customer" }): Line => {
  return { seq, id: `line ${seq}`, author, kind: "text", at: at(when), content: {} };
};
const note = (id: string, when: string): Note => {
  return {
    id,
    conversation_id: "c",
    author: "ben",
    at: at(when),
    revision: 1,
    text: "",
    op_id: id,
  };
};
const shown = (held: Partial<Lines>, outbox: Item[] = []) =>
  entries({ from_seq: 1, lines: [], notes: [], changes: [], ...held }, outbox, NOW);
const keys = (all: ReturnType<typeof shown>) =>
  all.map((one) => ("day" in one ? `day ${one.day}` : one.key));

test("notes stand between the lines of their time, and each day has a mark", () => {
  const lines = [
    line(1, "2026-01-01T10:00"),
    line(2, "2026-01-01T11:00"),
    line(3, "2026-01-02T09:00"),
  ];
  const notes = [note("late note", "2026-01-02T10:00"), note("note", "2026-01-01T10:30")];
  expect(keys(shown({ lines, notes }))).toEqual([
    "day 1",
    "line 1",
    "note",
    "line 2",
    "day 0",
    "line 3",
    "late note",
  ]);
});

test("lines keep the order of their numbers, whatever the customer's clock says", () => {
  const lines = [
    line(1, "2026-01-02T10:00"),
    line(2, "2026-01-01T23:00"),
    line(3, "2026-01-02T10:01"),
  ];
  expect(keys(shown({ lines }))).toEqual(["day 0", "line 1", "line 2", "line 3"]);
});

test("a change of number stands among the lines of its time, once they are held", () => {
  const lines = [line(7, "2026-01-02T10:00"), line(8, "2026-01-02T11:00")];
  const moves = ["2026-01-01T09:00", "2026-01-02T10:30"].map((when) => {
    return { from: "34600000000", to: "34600999999", at: at(when) };
  });
  const told = (from_seq: number) =>
    keys(entries({ from_seq, lines, notes: [], changes: [] }, [], NOW, moves)).filter((key) =>
      key.startsWith("move"),
    );
  expect(told(7)).toEqual([`move ${at("2026-01-02T10:30")}`]);
  expect(told(1)).toHaveLength(2);
});

test("who writes on is named once", () => {
  const ana: Author = { kind: "agent", id: "ana" };
  const ben: Author = { kind: "agent", id: "ben" };
  const lines = [ana, ana, ben, { kind: "customer" } as const].map((author, n) =>
    line(n + 1, "2026-01-02T10:00", author),
  );
  const firsts = shown({ lines }).flatMap((one) => ("line" in one ? [one.isFirst] : []));
  expect(firsts).toEqual([true, false, true, true]);
});

test("what was not sent yet stands last, until its line is there", () => {
  const command = {
    op_id: "op",
    conversation_id: "c",
    type: "reply",
    text: "",
    seen: null,
  } as const;
  const item: Item = { command, at: NOW, state: "waiting", left: false };
  expect(keys(shown({ lines: [line(1, "2026-01-02T10:00")] }, [item])).at(-1)).toBe("op");
  const written = { ...line(2, "2026-01-02T12:00"), op_id: "op" };
  expect(keys(shown({ lines: [written] }, [item]))).toEqual(["day 0", "line 2"]);
});
