import { expect, test } from "vitest";
import type { Lines } from "../live/held.ts";
import type { Line } from "../protocol.ts";
import { ofHeld, seenOf } from "./question.ts";

const BEN = { kind: "agent", id: "ben" } as const;
const line = (seq: number, more: Partial<Line>): Line => ({
  seq,
  id: `line-${seq}`,
  author: { kind: "customer" },
  kind: "text",
  at: "2026-01-02T03:04:05.678Z",
  content: { text: `Line ${seq}` },
  ...more,
});
const held = line(3, { author: BEN, status: "held", held: "too_late", op_id: "op" });
const of = (lines: Line[]): Lines => ({ from_seq: 1, lines, notes: [], changes: [] });

test("a held message is asked about with all that the customer said since the answer before it", () => {
  const lines = [line(1, { author: BEN, status: "read" }), line(2, {}), held];
  const question = ofHeld("talk", held, of(lines));
  expect(question.command).toMatchObject({ type: "reply", seen: { seq: 1, id: "line-1" } });
  expect(question.replaces).toBe("line-3");
});

test("who sends a held message anew has seen it, also where nothing was said since", () => {
  const lines = [line(2, {}), held];
  const question = ofHeld("talk", held, of(lines));
  expect(seenOf(question, [line(2, {})], lines)).toEqual({ seq: 3, id: "line-3" });
  const later = line(4, {});
  expect(seenOf(question, [later], [...lines, later])).toEqual({ seq: 4, id: "line-4" });
});

test("a reply that never left has seen what is shown, else what it had seen before", () => {
  const question = {
    ...ofHeld("talk", held, of([line(1, { author: BEN }), held])),
    replaces: undefined,
  };
  expect(seenOf(question, [line(5, {})], [held])).toEqual({ seq: 5, id: "line-5" });
  expect(seenOf(question, [], [held])).toEqual({ seq: 1, id: "line-1" });
});
