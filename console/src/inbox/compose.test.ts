import { expect, test } from "vitest";
import type { Head, LeaseHolder, Team, Thread } from "../protocol.ts";
import type { Hand } from "../rules.ts";
import { type Circumstances, Typing, standOf } from "./compose.ts";

const NOW = Date.parse("2026-01-02T03:00:00.000Z");
const team: Team = {
  id: "desk",
  name: "Desk",
  reply_policy: "team",
  visibility: "full",
  claim_from_colleagues: false,
};
const handOf = (policy: Team["reply_policy"], teams: string[]): Hand => ({
  me: "me",
  teams,
  supervises: () => false,
  team: () => ({ ...team, reply_policy: policy }),
  agent: () => undefined,
});
const head = { owner: { kind: "agent", id: "me" }, team_id: "desk" } as Head;
const thread = { window_until: "2026-01-02T04:00:00.000Z" } as Thread;
const lease = (agent_id: string): LeaseHolder => {
  return { agent_id, device_id: "d", token: 1, since: "2026-01-02T03:00:00.000Z" };
};
const stand = (change: Partial<Circumstances>) =>
  standOf({ now: NOW, hand: handOf("team", ["desk"]), head, thread, lease: undefined, ...change });
const bens = { ...head, owner: { kind: "agent", id: "ben" } } as Head;

test("what is mine, or nobody's, can be answered", () => {
  expect(stand({})).toEqual({ kind: "free" });
  expect(stand({ head: { ...head, owner: { kind: "queue", id: "desk" } } })).toEqual({
    kind: "free",
  });
});

test("a colleague who composes blocks the sending, oneself on another device does not", () => {
  expect(stand({ lease: lease("ben") })).toEqual({ kind: "blocked", holder: "ben" });
  expect(stand({ lease: lease("me") })).toEqual({ kind: "free" });
});

test("after 24 hours nothing free can be sent, whoever composes", () => {
  const now = Date.parse("2026-01-02T04:00:00.000Z");
  expect(stand({ now, lease: lease("ben") })).toEqual({ kind: "closed", at: now });
  const never = { ...thread, window_until: null };
  expect(stand({ thread: never })).toEqual({ kind: "closed", at: undefined });
});

test.each([
  ["owner", ["desk"], "not_owner"],
  ["team", ["desk"], "free"],
  ["team", ["sales"], "not_owner"],
  ["scope", ["sales"], "free"],
] as const)("policy %s, a member of %s: a colleague's is %s", (reply_policy, teams, kind) => {
  expect(stand({ head: bens, hand: handOf(reply_policy, [...teams]) }).kind).toBe(kind);
});

const actions = (frames: { type: string; action?: string }[]) =>
  frames.map((frame) => frame.action ?? frame.type);

test("the first key starts, then it is kept, and an empty text stops", () => {
  const typing = new Typing("c", 4000);
  expect(actions(typing.typed("B", 0))).toEqual(["start", "draft"]);
  expect(typing.typed("Bu", 100)).toEqual([]);
  expect(actions(typing.typed("Bue", 500))).toEqual(["draft"]);
  expect(actions(typing.tick(3999))).toEqual([]);
  expect(actions(typing.tick(4000))).toEqual(["keep"]);
  // What is left of it is told: the server keeps what was typed last.
  expect(actions(typing.typed(" ", 4100))).toEqual(["draft", "stop"]);
  expect(typing.tick(9000)).toEqual([]);
});

test("the last text is told even if nobody types on", () => {
  const typing = new Typing("c", 4000);
  typing.typed("B", 0);
  typing.typed("Buenas", 100);
  expect(typing.tick(1000)).toContainEqual({ type: "draft", conversation_id: "c", text: "Buenas" });
  expect(typing.tick(2000)).toEqual([]);
});

test("who looked away for 20 seconds gives up the lease", () => {
  const typing = new Typing("c", 4000);
  typing.typed("B", 0);
  typing.blurred(1000);
  expect(actions(typing.tick(20_999))).toEqual(["keep"]);
  expect(actions(typing.tick(21_000))).toEqual(["stop"]);
});

test("who lost the lease says nothing until the next key", () => {
  const typing = new Typing("c", 4000);
  typing.typed("B", 0);
  typing.lost();
  expect(typing.tick(8000)).toEqual([]);
  expect(actions(typing.typed("Bu", 8100))).toEqual(["start", "draft"]);
});
