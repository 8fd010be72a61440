import { expect, test } from "vitest";
import type { Held } from "../live/held.ts";
import type { Item } from "../live/outbox.ts";
import type { Head, Id } from "../protocol.ts";
import { begin, decide, goTo, joined, step } from "./sheet.ts";

const item = (id: Id, state: Item["state"] = "review", at = 0): Item => ({
  command: { op_id: id, conversation_id: `c-${id}`, type: "reply", text: id, seen: null },
  at,
  state,
  left: true,
});
const WAITS: Record<Id, string> = {
  "c-a": "2026-11-22T11:00:00.000Z",
  "c-b": "2026-11-22T09:00:00.000Z",
};
const get = (id: Id): Held | undefined => {
  const unanswered_since = WAITS[id];
  if (unanswered_since === undefined) return undefined;
  return { level: "head", head: { id, unanswered_since, status: { kind: "open" } } as Head };
};
const ids = ({ entries }: ReturnType<typeof begin>) => entries.map(({ id }) => id);

test("the customer who waits longest comes first; what is still on its way is not asked", () => {
  const sheet = begin([item("x"), item("a"), item("w", "waiting"), item("b")], get);
  expect(ids(sheet)).toEqual(["b", "a", "x"]);
  expect(sheet.at).toBe("b");
});

test("after a decision the next one opens; those put off are left for the end", () => {
  let sheet = begin([item("1"), item("2", "review", 1), item("3", "review", 2)], get);
  sheet = decide(sheet, "later");
  expect(sheet.at).toBe("2");
  sheet = decide(sheet, "sent");
  expect(sheet.at).toBe("3");
  sheet = decide(sheet, "note");
  expect(sheet.at).toBeUndefined();
  expect(sheet.entries.map(({ how }) => how)).toEqual(["later", "sent", "note"]);
});

test("one that was passed by is next once the last is decided", () => {
  let sheet = begin([item("1"), item("2", "review", 1)], get);
  sheet = goTo(sheet, "2");
  sheet = decide(sheet, "discarded");
  expect(sheet.at).toBe("1");
});

test("what is decided is not shown again, what was put off is", () => {
  let sheet = begin([item("1"), item("2", "review", 1), item("3", "review", 2)], get);
  sheet = decide(decide(sheet, "sent"), "later");
  expect(goTo(sheet, "1").at).toBe("3");
  expect(step(sheet, -1).at).toBe("2");
  expect(step(step(sheet, -1), 1).at).toBe("3");
  expect(step(sheet, 1).at).toBe("3");
});

test("what is refused meanwhile comes at the end, once", () => {
  const sheet = begin([item("1")], get);
  const more = joined(sheet, [item("1"), item("2")]);
  expect(ids(more)).toEqual(["1", "2"]);
  expect(joined(more, [item("1"), item("2")])).toBe(more);
  expect(joined(decide(sheet, "sent"), [item("2")]).at).toBe("2");
});
