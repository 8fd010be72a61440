import { expect, test } from "vitest";
import type { Event } from "../protocol.ts";
import { LANGUAGES } from "../messages/index.svelte.ts";
import { logWords } from "../messages/log.ts";
import { lines } from "../live/lines.ts";
import { partsOf, placeOf, queryOf } from "./log.ts";

test("only what is wanted is asked for", () => {
  const none = { agent: "", type: "", conversation: "", from: undefined };
  expect(queryOf(none)).toBe("");
  expect(queryOf({ ...none, agent: "ana", from: 5 }, { before: "9" })).toBe(
    "?agent=ana&from=5&before=9",
  );
});

test("what an address says and is no filter filters nothing", () => {
  const odd = new URLSearchParams("agent=ana&type=%3Cb%3E&conversation=1&from=5");
  expect(placeOf(odd)).toEqual({});
  expect(placeOf(new URLSearchParams("type=team_changed"))).toEqual({ type: "team_changed" });
});

test("a fact is told in parts, with names for ids, and markup stays text", () => {
  const event = {
    position: 4,
    at: "2026-03-02T09:00:00.000Z",
    actor: { kind: "system" },
    type: "owner_changed",
    owner: { kind: "agent", id: "ben-id" },
    cause: "<b>odd</b>",
    from: null,
  } as unknown as Event;
  const nameOf = (id: string) => (id === "ben-id" ? "Ben" : undefined);
  expect(partsOf(event, nameOf)).toEqual([
    ["owner.kind", "agent"],
    ["owner.id", "Ben"],
    ["cause", "<b>odd</b>"],
  ]);
});

test("lines are told when they are whole", () => {
  expect(lines('{"a":1}\n{"b"')).toEqual({ whole: ['{"a":1}'], rest: '{"b"' });
  expect(lines("")).toEqual({ whole: [], rest: "" });
});

test("each language has a word for each kind", () => {
  const kinds = Object.keys(logWords.en.kind);
  for (const language of Object.keys(LANGUAGES) as (keyof typeof LANGUAGES)[]) {
    expect(Object.keys(logWords[language].kind)).toEqual(kinds);
  }
});
