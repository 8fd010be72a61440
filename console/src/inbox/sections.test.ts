import { expect, test } from "vitest";
import { en } from "../messages/en.ts";
import { keyOf, sectionsOf } from "./sections.ts";

const of = (isSupervisor: boolean) =>
  sectionsOf({
    t: en,
    place: { at: "link", conversation: "1" },
    isSupervisor,
    unread: 2,
    waiting: 0,
    notices: 0,
    noticesTitle: "Mentions",
  });

test("board and reports are for those who lead", () => {
  const ids = (isSupervisor: boolean) => of(isSupervisor).map(({ id }) => id);
  expect(ids(false)).toEqual(["inbox", "notices", "review", "people", "settings"]);
  expect(ids(true)).toEqual([
    "inbox",
    "notices",
    "board",
    "reports",
    "review",
    "people",
    "settings",
  ]);
});

test("each section has a letter of its own, and one of them is here", () => {
  const all = of(true);
  expect(new Set(all.map(keyOf)).size).toBe(all.length);
  expect(all.filter(({ isHere }) => isHere).map(({ id }) => id)).toEqual(["inbox"]);
});
