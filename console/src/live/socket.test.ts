import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { type Effect, Link } from "./socket.ts";

const FIXTURES = join(import.meta.dirname, "../../../protocol/fixtures");
const text = (name: string) => readFileSync(join(FIXTURES, `server_frame.${name}.json`), "utf8");
const DEVICE = "01890a5d-ac96-774b-bcce-00000000a008";

let link: Link;
let cursor: string | undefined;
const done = (effects: Effect[]) => effects.map((effect) => effect.do);

beforeEach(() => {
  cursor = undefined;
  link = new Link(
    { device_id: DEVICE },
    () => cursor,
    () => 0.5,
  );
});

function live() {
  link.start(0);
  link.ticket("baton_k_1", 0);
  link.opened(0);
  link.text(text("welcome"), 0);
  expect(link.state).toBe("live");
}

test("a ticket, a socket, a hello with both, a welcome", () => {
  expect(done(link.start(0))).toEqual(["ticket"]);
  expect(done(link.ticket("baton_k_1", 0))).toEqual(["open"]);
  cursor = "e:97";
  expect(link.opened(0)).toEqual([
    {
      do: "send",
      frame: { type: "hello", ticket: "baton_k_1", device_id: DEVICE, cursor: "e:97" },
    },
  ]);
  expect(link.downSince).toBe(0);
  expect(done(link.text(text("welcome"), 0))).toEqual(["frame"]);
  expect(link.downSince).toBeUndefined();
  expect(link.timings?.lease_keep_ms).toBe(4000);
});

test("the first hello names no cursor", () => {
  link.start(0);
  link.ticket("baton_k_1", 0);
  expect(JSON.stringify(link.opened(0))).not.toContain("cursor");
});

test("nothing is told before the welcome", () => {
  link.start(0);
  link.ticket("baton_k_1", 0);
  link.opened(0);
  expect(link.text(text("events"), 0)).toEqual([]);
});

test("a lost connection is tried again, ever later, up to half a minute", () => {
  live();
  const pauses: number[] = [];
  let now = 0;
  link.closed(1006, "", now);
  for (let n = 0; n < 9; n += 1) {
    expect(link.state).toBe("waiting");
    const due = link.due ?? 0;
    pauses.push(due - now);
    expect(link.tick(due - 1)).toEqual([]);
    expect(done(link.tick(due))).toEqual(["ticket"]);
    now = due;
    link.noTicket("retry", now);
  }
  expect(pauses.slice(0, 3)).toEqual([375, 750, 1500]);
  expect(pauses.at(-1)).toBe(22_500);
});

test("the pauses start over after a welcome", () => {
  live();
  link.closed(1006, "", 0);
  link.tick(375);
  link.noTicket("retry", 375);
  link.nudge(400);
  link.ticket("baton_k_2", 400);
  link.opened(400);
  link.text(text("welcome"), 400);
  link.closed(1006, "", 1000);
  expect(link.due).toBe(1375);
});

test("where the browser has no network the socket is given up, and tried again", () => {
  live();
  expect(done(link.offline(1_000))).toEqual(["close"]);
  expect([link.state, link.downSince]).toEqual(["waiting", 1_000]);
  expect(link.offline(1_100)).toEqual([]);
  expect(done(link.nudge(1_200))).toEqual(["ticket"]);
});

test("a server that goes down says when to come back", () => {
  live();
  link.closed(1012, '{"retry_after_ms":7000}', 0);
  expect(link.due).toBe(7000);
});

test("one connection too many waits its time, whoever looks at the page", () => {
  live();
  link.closed(4429, '{"retry_after_ms":60000}', 0);
  expect([link.due, link.isCrowded]).toEqual([60_000, true]);
  expect(link.nudge(1_000)).toEqual([]);
  expect(done(link.tick(60_000))).toEqual(["ticket"]);
  link.ticket("baton_k_2", 60_000);
  link.opened(60_000);
  link.text(text("welcome"), 60_000);
  expect(link.isCrowded).toBe(false);
});

test("a fault of the page's own is not repeated at once", () => {
  live();
  link.closed(4400, "", 0);
  expect(link.due).toBe(120_000);
  expect(link.nudge(1_000)).toEqual([]);
});

test("a server that waited for a hello in vain is asked again, ever later", () => {
  link.start(0);
  link.ticket("baton_k_1", 0);
  link.closed(4407, "", 10);
  expect(link.due).toBe(385);
  expect(done(link.nudge(20))).toEqual(["ticket"]);
});

test("a reason that is no JSON is no reason to fail", () => {
  live();
  link.closed(1012, "bye", 0);
  expect(link.due).toBe(375);
});

test("a session that ended asks for a ticket at once, and that tells whether to sign in", () => {
  live();
  expect(done(link.closed(4401, "", 0))).toEqual(["ticket"]);
  expect(link.noTicket("signed_out", 0)).toEqual([{ do: "over", why: "signed_out" }]);
  expect(link.state).toBe("off");
});

test("tickets that are refused again and again are not asked for in a circle", () => {
  link.start(0);
  link.ticket("baton_k_1", 0);
  link.opened(0);
  link.closed(4401, "", 0);
  expect(link.state).toBe("waiting");
});

test("a revoked device is told so, and does not come back", () => {
  live();
  expect(link.closed(4403, "", 0)).toContainEqual({ do: "over", why: "revoked" });
  expect(link.tick(1e9)).toEqual([]);
});

test("a gap connects again at once, with the cursor", () => {
  live();
  expect(done(link.resume(10))).toEqual(["close", "ticket"]);
  // The old socket's end is no news.
  expect(link.closed(1000, "", 10)).toEqual([]);
});

test("a handshake or a welcome that does not come is given up", () => {
  link.start(0);
  link.ticket("baton_k_1", 0);
  expect(link.tick(14_999)).toEqual([]);
  expect(done(link.tick(15_000))).toEqual(["close"]);
  expect(link.state).toBe("waiting");
});

test("a server that is silent for too long is given up", () => {
  live();
  expect(link.due).toBe(75_000);
  link.text(text("presence"), 10_000);
  expect(link.tick(84_999)).toEqual([]);
  expect(done(link.tick(85_000))).toEqual(["close"]);
  expect(link.downSince).toBe(85_000);
});

test("what is no frame ends the connection", () => {
  live();
  expect(done(link.text("<html>", 5))).toEqual(["close"]);
  expect(link.state).toBe("waiting");
});

test("nothing is sent without a connection", () => {
  expect(link.send({ type: "ack", upto: 1 })).toEqual([]);
  live();
  expect(done(link.send({ type: "ack", upto: 1 }))).toEqual(["send"]);
});

test("when the network comes back nobody waits", () => {
  live();
  link.closed(1006, "", 0);
  expect(done(link.nudge(1))).toEqual(["ticket"]);
});
