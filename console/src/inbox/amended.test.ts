import { expect, test } from "vitest";
import type { Amended, Line } from "../protocol.ts";
import { isRevoked, newestWords, reactionsOf } from "./amended.ts";

const AT = "2026-01-02T03:04:05.678Z";
const CUSTOMER = { kind: "customer" } as const;
const line = (seq: number, text: string | undefined, amended?: Amended): Line => ({
  seq,
  id: `line-${seq}`,
  author: CUSTOMER,
  kind: "text",
  at: AT,
  content: text === undefined ? {} : { text },
  ...(amended === undefined ? {} : { amended }),
});
const byId = (...lines: Line[]) => new Map(lines.map((one) => [one.id, one]));

test("the words that count are those of the newest edit", () => {
  const edit = line(3, "At six");
  const edited = line(1, "At five", { edited: { line: { seq: 3, id: edit.id }, at: AT } });
  expect(newestWords(edited, byId(edited, edit))).toBe("At six");
  expect(newestWords(edited, byId(edited))).toBeUndefined();
  expect(newestWords(line(1, "At five"), byId())).toBe("At five");
});

test("of what was taken back nothing is left to show", () => {
  const revoked = line(1, undefined, { revoked: { line: { seq: 2, id: "line-2" }, at: AT } });
  expect(isRevoked(revoked)).toBe(true);
  expect(isRevoked(line(1, "Hola"))).toBe(false);
});

test("each side has one reaction, and one that was taken back is none", () => {
  const team = { kind: "agent", id: "ana" } as const;
  const reactions = [
    { by: CUSTOMER, at: AT, emoji: "👍" },
    { by: team, at: AT },
  ];
  expect(reactionsOf(line(1, "Hola", { reactions }))).toEqual([{ emoji: "👍", by: CUSTOMER }]);
  expect(reactionsOf(line(1, "Hola"))).toEqual([]);
});
