// What the page of a desk decides without a browser: keys, answers, and what waited.

import { expect, test } from "vitest";
import type { Item } from "../live/outbox.ts";
import type { CommandBody, Refused } from "../protocol.ts";
import type { Held } from "../live/held.ts";
import type { Hand } from "../rules.ts";
import { Away } from "./away.ts";
import { Keys, type Here, type Pressed } from "./keys.ts";
import { moreOf } from "./more.ts";
import { told } from "./told.ts";

const item = (op_id: string, body: CommandBody, state: Item["state"] = "waiting"): Item => ({
  command: { op_id, conversation_id: "c", ...body },
  at: 0,
  state,
  left: false,
});
const note = (op_id: string, state?: Item["state"]) =>
  item(op_id, { type: "note", text: op_id }, state);
const refused = (code: string, more: object = {}) =>
  ({ code, detail: "", ...more }) as unknown as Refused;

test("what waited without a connection is told once, when all of it is answered", () => {
  const away = new Away();
  expect(away.follow(false, [note("a")])).toBeUndefined();
  away.follow(true, [note("a"), note("b"), note("c"), note("old", "review")]);
  away.follow(true, [note("a"), note("b"), note("c"), note("d")]);
  expect(away.follow(false, [note("a")])).toBeUndefined();
  away.refused("d");
  const back = away.follow(false, [note("c", "review"), note("later")]);
  expect(back).toEqual({ sent: 2, need: 1 });
  expect(away.follow(false, [])).toBeUndefined();
  away.follow(true, []);
  expect(away.follow(false, [])).toBeUndefined();
});

test("an answer to a command is told once and where it belongs", () => {
  const around = { conversation: "c", outbox: [] };
  const accepted = { revision: 1 };
  const claim = item("a", { type: "claim", expect_owner_epoch: 1 });
  expect(told({ kind: "accepted", item: claim, accepted }, around)).toEqual([{ say: "claimed" }]);
  expect(told({ kind: "again", item: claim }, around)).toEqual([]);
  const unreached = { revision: 1, unreached: ["ben"] };
  expect(told({ kind: "accepted", item: note("n"), accepted: unreached }, around)).toEqual([
    { say: "unreached", agents: ["ben"] },
  ]);
  const why = refused("forbidden");
  expect(told({ kind: "refused", item: note("n"), refused: why }, around)).toEqual([
    { gone: "n" },
    { back: "n", of: "c" },
    { say: "refused", refused: why, of: "c" },
  ]);
});

test("a refused answer that waits for its author is asked about only where they look", () => {
  const seen = { conversation: "c", line: 1 } as never;
  const reply = item("r", { type: "reply", text: "Hola", seen });
  const stale = refused("stale");
  const kept = { ...reply, state: "review" as const };
  const outcome = { kind: "refused" as const, item: reply, refused: stale };
  expect(told(outcome, { conversation: "c", outbox: [kept] })).toEqual([{ stale: kept }]);
  expect(told(outcome, { conversation: "other", outbox: [kept] })).toEqual([]);
  expect(told(outcome, { conversation: "c", outbox: [] })).toEqual([
    { gone: "r" },
    { back: "Hola", of: "c" },
    { say: "refused", refused: stale, of: "c" },
  ]);
  const resolve = item("o", { type: "resolve" } as CommandBody);
  const needs = refused("outcome_required", { outcomes: "list" });
  const of = { kind: "refused" as const, item: resolve, refused: needs };
  expect(told(of, { conversation: "c", outbox: [] })).toEqual([{ gone: "o" }, { ask: "list" }]);
  expect(told(of, { conversation: "other", outbox: [] })[1]).toHaveProperty("say", "refused");
});

test("a key means what the page is asked for, and nothing where somebody writes", () => {
  const keys = new Keys();
  const plain: Pressed = { key: "e", isCtrl: false, isAlt: false, isTaken: false };
  const here: Here = {
    isCovered: false,
    isAwaited: false,
    hasKeys: true,
    isChoosing: false,
    sections: ["i", "b"],
  };
  const means = (pressed: Partial<Pressed>, at: Partial<Here> = {}) =>
    keys.meaning({ ...plain, ...pressed }, { ...here, ...at });
  expect(means({})).toBe("letter");
  expect(means({ key: "K", isCtrl: true, isTaken: true })).toBe("palette");
  expect(means({ isTaken: true })).toBe("theirs");
  expect(means({ isAlt: true })).toBe("theirs");
  expect(means({}, { isCovered: true })).toBe("theirs");
  expect(means({}, { isAwaited: true, hasKeys: false })).toBe("text");
  expect(means({ key: "Escape" }, { isAwaited: true })).toBe("letter");
  expect(means({}, { hasKeys: false })).toBe("nothing");
  expect(means({ key: "Escape" }, { hasKeys: false, isChoosing: true })).toBe("clear");
  keys.goes();
  expect(means({ key: "b" })).toEqual({ section: "b" });
  expect(means({ key: "b" })).toBe("letter");
  keys.goes();
  expect(means({ key: "x" })).toBe("nothing");
  expect(means({ key: "x" })).toBe("letter");
});

test("the menu of a conversation offers what may be done with it now", () => {
  const hand: Hand = {
    me: "me",
    teams: ["t"],
    supervises: () => false,
    team: () => undefined,
    agent: () => undefined,
  };
  const head = (status: string, owner = "me") => ({
    id: "c",
    team_id: "t",
    owner: { kind: "agent", id: owner },
    owner_epoch: 1,
    status: { kind: status },
  });
  const held = (status: string, thread: object = {}) =>
    ({ level: "full", view: { head: head(status), thread } }) as unknown as Held;
  const more = (of: Held | undefined) => moreOf(of, hand);
  expect(more(undefined)).toEqual(["contact", "copy-link"]);
  const only = { level: "head", head: head("resolved") } as unknown as Held;
  expect(more(only)).toEqual(["contact", "copy-link"]);
  const open = more(held("open", { customer_seq: 3 }));
  expect(open).toContain("unread");
  expect(open).toContain("waiting");
  expect(open).toContain("priority");
  expect(open).toContain("follow");
  expect(open).not.toContain("unfollow");
  expect(more(held("waiting", { followers: ["me"] }))).toContain("unfollow");
  expect(more(held("waiting"))).not.toContain("waiting");
  const resolved = more(held("resolved", { customer_seq: 3 }));
  expect(resolved).not.toContain("priority");
  expect(resolved).not.toContain("unassign");
});
