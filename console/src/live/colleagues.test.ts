import { expect, test } from "vitest";
import type { ServerFrame } from "../protocol.ts";
import { type Colleagues, told, unknown } from "./colleagues.ts";

const ANA = "01890a5d-0000-7000-8000-00000000000a";
const BEN = "01890a5d-0000-7000-8000-00000000000b";
const TALK = "01890a5d-0000-7000-8000-0000000000c1";
const OTHER = "01890a5d-0000-7000-8000-0000000000c2";

const lease = (conversation_id: string, agent_id: string | undefined): ServerFrame => ({
  type: "lease",
  conversation_id,
  holder:
    agent_id === undefined
      ? null
      : { agent_id, device_id: ANA, token: 1, since: "2026-01-02T03:04:05.678Z" },
});
const draft = (text: string): ServerFrame => ({
  type: "draft",
  conversation_id: TALK,
  agent_id: BEN,
  text,
});

function after(frames: ServerFrame[]): Colleagues {
  return frames.reduce((now, frame) => told(now, frame) ?? now, unknown());
}

test("a colleague's draft is known while they hold the lease, and goes with it", () => {
  const typing = after([lease(TALK, BEN), draft("En azul"), draft("En azul nos llega")]);
  expect(typing.leases.get(TALK)?.agent_id).toBe(BEN);
  expect(typing.drafts.get(TALK)).toEqual({ agent: BEN, text: "En azul nos llega" });
  const done = told(typing, lease(TALK, undefined));
  expect(done?.leases.has(TALK)).toBe(false);
  expect(done?.drafts.has(TALK)).toBe(false);
});

test("another conversation's lease leaves this one's draft alone", () => {
  const now = after([lease(TALK, BEN), draft("Hola"), lease(OTHER, ANA), lease(OTHER, undefined)]);
  expect(now.drafts.get(TALK)?.text).toBe("Hola");
  expect([...now.leases.keys()]).toEqual([TALK]);
});

test("whoever looks is told whole, whoever is there one by one", () => {
  const now = after([
    { type: "viewing", conversation_id: TALK, agents: [ANA, BEN] },
    { type: "viewing", conversation_id: TALK, agents: [BEN] },
    { type: "presence", agents: [{ agent_id: ANA, online: true }] },
    { type: "presence", agents: [{ agent_id: BEN, online: true }] },
    { type: "presence", agents: [{ agent_id: ANA, online: false }] },
  ]);
  expect(now.viewing.get(TALK)).toEqual([BEN]);
  expect([...now.online]).toEqual([BEN]);
});

test("what was drawn before is not changed under the hands of whoever drew it", () => {
  const before = after([lease(TALK, BEN)]);
  told(before, lease(TALK, undefined));
  expect(before.leases.has(TALK)).toBe(true);
});

test("a frame about what lasts says nothing of colleagues", () => {
  expect(told(unknown(), { type: "events", after: 1, upto: 2, events: [] })).toBeUndefined();
});
