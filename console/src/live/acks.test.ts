import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Acks } from "./acks.ts";

const FIXTURES = join(import.meta.dirname, "../../../protocol/fixtures");
const ack = (upto: number, foreground: boolean) => ({ type: "ack", upto, foreground });

test("it has the fields of the protocol, and is said as soon as something is known", () => {
  const acks = new Acks();
  expect(acks.due).toBeUndefined();
  expect(acks.tick(0)).toBeUndefined();
  acks.set(97, true, 0);
  const text = readFileSync(join(FIXTURES, "client_frame.ack.json"), "utf8");
  const golden = JSON.parse(text) as object;
  const said = acks.tick(0);
  expect(said).toEqual({ ...ack(97, true), idle_s: 0 });
  expect(Object.keys(said ?? {}).sort()).toEqual(Object.keys(golden).sort());
});

test("when somebody did something here last is said with it, where the server takes that", () => {
  const acks = new Acks();
  acks.set(7, true, 1_000);
  expect(acks.tick(5_400)).toEqual({ ...ack(7, true), idle_s: 4 });
  acks.set(8, false, 1_000);
  expect(acks.tick(301_000)).toEqual({ ...ack(8, false), idle_s: 300 });
  acks.set(9, false);
  expect(acks.tick(400_000)).toEqual(ack(9, false));
});

test("a flood is said once a second, and the last of it is", () => {
  const acks = new Acks();
  const said = [];
  for (let now = 0; now <= 2_500; now += 100) {
    acks.set(100 + Math.min(now, 2_000), true);
    const frame = acks.tick(now);
    if (frame !== undefined) said.push(frame);
  }
  expect(said).toEqual([ack(100, true), ack(1_100, true), ack(2_100, true)]);
});

test("whoever turns away or comes back is told, though nothing arrived", () => {
  const acks = new Acks();
  acks.set(7, true);
  acks.tick(0);
  acks.set(7, false);
  expect(acks.tick(400)).toBeUndefined();
  expect(acks.due).toBe(1_000);
  expect(acks.tick(1_000)).toEqual(ack(7, false));
  acks.set(7, true);
  expect(acks.tick(9_000)).toEqual(ack(7, true));
});

test("whoever came back within the second never turned away", () => {
  const acks = new Acks();
  acks.set(7, true);
  acks.tick(0);
  acks.set(7, false);
  acks.set(7, true);
  expect(acks.tick(1_000)).toBeUndefined();
});

test("it is repeated once a minute while somebody looks, and not otherwise", () => {
  const acks = new Acks();
  acks.set(7, true);
  acks.tick(0);
  expect(acks.tick(59_999)).toBeUndefined();
  expect(acks.tick(60_000)).toEqual(ack(7, true));
  acks.set(7, false);
  expect(acks.tick(70_000)).toEqual(ack(7, false));
  expect(acks.due).toBeUndefined();
  expect(acks.tick(1_000_000)).toBeUndefined();
});

test("another connection is told anew", () => {
  const acks = new Acks();
  acks.set(7, false);
  acks.tick(0);
  acks.lost();
  expect(acks.tick(10)).toEqual(ack(7, false));
});
