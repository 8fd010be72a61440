import { expect, test } from "vitest";
import type { Colleague } from "../protocol.ts";
import { asked, mentioned, offered, pieces, put } from "./mention.ts";

const agent = (id: string, name: string, more: Partial<Colleague> = {}): Colleague => ({
  id,
  name,
  role: "agent",
  state: "active",
  availability: "available",
  load: 0,
  capacity: null,
  teams: [{ team_id: "sales", kind: "member" }],
  ...more,
});
const ANA = agent("a", "Ana Ruiz");
const ANABEL = agent("b", "Anabel");
const BEN = agent("c", "Ben Ana");
const GONE = agent("d", "Anton", { state: "inactive" });

test("a name is asked for behind an @ that begins a word", () => {
  expect(asked("@", 1)).toEqual({ from: 0, find: "" });
  expect(asked("Hey @An there", 7)).toEqual({ from: 4, find: "An" });
  expect(asked("Hey @Ana Ru", 11)).toEqual({ from: 4, find: "Ana Ru" });
  expect(asked("ana@example.org", 9)).toBeUndefined();
  expect(asked("@Ana\nlook", 9)).toBeUndefined();
  expect(asked("a @ b", 5)).toBeUndefined();
  expect(asked("no", 2)).toBeUndefined();
});

test("those are offered who are active and may read it, who begin so first", () => {
  const all = [BEN, GONE, ANABEL, ANA];
  const names = (find: string, may = (_: Colleague) => true) =>
    offered(all, { from: 0, find }, may).map(({ name }) => name);
  expect(names("ana")).toEqual(["Ana Ruiz", "Anabel", "Ben Ana"]);
  expect(names("ru")).toEqual(["Ana Ruiz"]);
  expect(names("ana", (one) => one !== ANA)).toEqual(["Anabel", "Ben Ana"]);
  expect(names("zoe")).toEqual([]);
});

test("the whole name stands where its beginning was", () => {
  expect(put("Hey @An, look", { from: 4, find: "An" }, "Ana Ruiz")).toEqual({
    text: "Hey @Ana Ruiz , look",
    cursor: 14,
  });
  expect(put("@An look", { from: 0, find: "An" }, "Ana Ruiz").text).toBe("@Ana Ruiz look");
});

test("a text calls those whose whole name follows an @", () => {
  const all = [ANA, ANABEL, BEN, GONE];
  expect(mentioned("@Ana Ruiz and @Anabel: @Anton", all)).toEqual(["a", "b"]);
  expect(mentioned("@Anabella, Ana Ruiz", all)).toEqual([]);
  expect(pieces("So @Anabel, yes", ["Ana", "Anabel"])).toEqual([
    { text: "So ", isName: false },
    { text: "@Anabel", isName: true },
    { text: ", yes", isName: false },
  ]);
});
