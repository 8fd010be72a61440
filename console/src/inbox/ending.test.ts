import { expect, test } from "vitest";
import type { Draft } from "../live/keep.ts";
import { endingOf, forgetEnding, keepEnding } from "./ending.ts";

function keeper() {
  const all = new Map<string, Draft>();
  return {
    all,
    draft: (id: string) => all.get(id),
    keepDraft: (id: string, draft: Draft | undefined) => {
      if (draft === undefined) all.delete(id);
      else all.set(id, draft);
      return Promise.resolve(true);
    },
  };
}

test("how one was about to end it is kept for its episode, and no other has it", () => {
  const keep = keeper();
  keepEnding(keep, "a", 2, { outcome: "lost", text: "Too dear" });
  expect(endingOf(keep, "a", 2)).toEqual({ outcome: "lost", text: "Too dear" });
  expect(endingOf(keep, "a", 3)).toBeUndefined();
  expect(endingOf(keep, "b", 2)).toBeUndefined();
});

test("the draft of the reply stays what it is, and what was resolved leaves nothing", () => {
  const keep = keeper();
  void keep.keepDraft("a", { text: "Hello", mode: "reply" });
  keepEnding(keep, "a", 1, { text: "Too" });
  expect(keep.draft("a")).toEqual({ text: "Hello", mode: "reply" });
  forgetEnding(keep, "a");
  expect([...keep.all.keys()]).toEqual(["a"]);
});
