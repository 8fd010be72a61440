import { expect, test } from "vitest";
import { INBOX, NUMBERS, type Told, deed, isSaidByTitle, read } from "./told.ts";

const C = "01a206f2-9937-77d7-9b6e-0a194ce0d861";
const FIELDS = {
  v: "1",
  k: "message",
  id: "p1",
  c: C,
  x: "1000",
  s: "e1:7",
  title: "Lucía",
  body: "Hola",
};
const push = (more: object = {}) => JSON.stringify({ ...FIELDS, ...more });
const told = (more: object = {}): Told => {
  const one = read(push(more));
  if (one === undefined) throw new Error("it is no push");
  return one;
};
const NOW = 999_999;

test("a push is read, with words and without", () => {
  expect(told()).toMatchObject({
    kind: "message",
    conversation: C,
    epoch: "e1",
    position: 7,
    until: 1_000_000,
    title: "Lucía",
    body: "Hola",
  });
  expect(told({ title: undefined, body: undefined })).toMatchObject({ title: "", body: "" });
});

test("it says its exact kind, its number and whether it is quiet", () => {
  expect(told({ k: "assigned", n: "review" })).toMatchObject({ kind: "review", isQuiet: false });
  expect(told({ b: "7", q: "1" })).toMatchObject({ badge: 7, isQuiet: true });
  expect(told({ b: "-1" }).badge).toBeUndefined();
  expect(isSaidByTitle(told())).toBe(false);
  expect(isSaidByTitle(told({ body: "" }))).toBe(true);
  expect(isSaidByTitle(told({ k: "assigned", n: "reopened" }))).toBe(true);
});

test("what is about no conversation has a place of its own", () => {
  expect(told({ k: "mention", n: "number", c: undefined })).toMatchObject({
    kind: "number",
    conversation: NUMBERS,
  });
  expect(told({ k: "digest", c: undefined })).toMatchObject({
    kind: "digest",
    conversation: INBOX,
  });
  expect(read(push({ c: undefined }))).toBeUndefined();
});

test("what is no push of this server is none", () => {
  for (const text of [
    "",
    "null",
    "[]",
    "{",
    '"a"',
    push({ id: undefined }),
    push({ c: "../x" }),
    push({ c: 7 }),
    push({ s: "e1" + ":x" }),
    push({ x: "soon" }),
    push({ body: "a".repeat(5_000) }),
  ]) {
    expect(read(text)).toBeUndefined();
  }
});

test("it is shown once, and not when it is over", () => {
  expect(deed(told(), NOW)).toBe("show");
  expect(deed(told({ k: "from_the_future" }), NOW)).toBe("show");
  expect(deed(told(), NOW, undefined, { id: "p1" })).toBe("nothing");
  expect(deed(told(), NOW, undefined, { id: "p0" })).toBe("show");
  expect(deed(told(), 1_000_000)).toBe("nothing");
});

test("what was taken back does not come again, in whatever order they arrive", () => {
  expect(deed(told({ k: "retract" }), NOW)).toBe("withdraw");
  expect(deed(told({ k: "retract", x: "1" }), NOW)).toBe("withdraw");
  expect(deed(told(), NOW, { epoch: "e1", position: 7 })).toBe("nothing");
  expect(deed(told(), NOW, { epoch: "e1", position: 8 })).toBe("nothing");
  // Something new since, or another life of the database.
  expect(deed(told(), NOW, { epoch: "e1", position: 6 })).toBe("show");
  expect(deed(told(), NOW, { epoch: "e0", position: 8 })).toBe("show");
});
