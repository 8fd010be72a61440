import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Held } from "../live/held.ts";
import type { Agent, Channel, Snapshot } from "../protocol.ts";
import { doneOf } from "./steps.ts";

const read = <T>(name: string) =>
  JSON.parse(
    readFileSync(join(import.meta.dirname, `../../../protocol/fixtures/${name}.json`), "utf8"),
  ) as T;
const channel = read<Channel>("rest.channel");
const agent = read<Agent>("rest.agent");
const snapshot = read<Snapshot>("snapshot.full");
if (snapshot.level !== "full") throw new Error("the fixture is no full snapshot");
const { view } = snapshot;
const held = (thread: Partial<typeof view.thread>): Held => ({
  level: "full",
  view: { ...view, preview: null, thread: { ...view.thread, ...thread } },
});
const none = { channels: [], agents: [agent], held: [] };

test("a new installation has nothing done", () => {
  expect([...doneOf(none)]).toEqual([]);
});

test("a number and a colleague who can sign in are a step each", () => {
  const other = { ...agent, id: "01890a5d-ac96-774b-bcce-00000000a0ff" };
  expect([...doneOf({ ...none, channels: [channel] })]).toEqual(["number"]);
  expect([...doneOf({ ...none, agents: [agent, other] })]).toEqual(["team"]);
  const gone = { ...other, state: "inactive" as const };
  expect([...doneOf({ ...none, agents: [agent, gone] })]).toEqual([]);
});

test("a customer who waits is a message, and an answer ends the wait", () => {
  const turn = { from_seq: 1, since: "2026-01-02T03:04:05.678Z" };
  const waits = held({ customer_seq: 1, last_agent: null, turn });
  expect([...doneOf({ ...none, held: [waits] })]).toEqual(["message"]);
  // Whoever only took it has not answered.
  const taken = held({ customer_seq: 1, last_agent: agent.id, turn });
  expect([...doneOf({ ...none, held: [taken] })]).toEqual(["message"]);
  const answered = held({ customer_seq: 1, last_agent: agent.id, turn: null });
  expect([...doneOf({ ...none, held: [answered] })]).toEqual(["message", "answer"]);
});
