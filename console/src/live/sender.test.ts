// @vitest-environment happy-dom
import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Command, CommandResult, CommandResults } from "../protocol.ts";
import { Keep } from "./keep.ts";
import type { Outcome } from "./outbox.ts";
import { Sender } from "./sender.svelte.ts";

const [A, B] = ["conversation-a", "conversation-b"];

/** Locks of one browser, as its tabs see them. */
class Locks {
  private readonly held = new Map<string, Promise<unknown>>();

  async request<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.held.get(name) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.held.set(name, mine);
    try {
      return await mine;
    } finally {
      if (this.held.get(name) === mine) this.held.delete(name);
    }
  }
  query() {
    return Promise.resolve({ held: [...this.held.keys()].map((name) => ({ name })) });
  }
}

/** A server that tells one op id from another, and is there or not. */
class Server {
  isThere = true;
  readonly taken = new Map<string, number>();
  answer: (command: Command) => CommandResult = ({ op_id }) => {
    return { op_id, accepted: { revision: 1, line: { seq: 1, id: op_id } } };
  };

  fetch = (_: string, { body }: { body: string }): Promise<Response> => {
    if (!this.isThere) return Promise.reject(new TypeError("there is no network"));
    const commands = JSON.parse(body) as Command[];
    for (const { op_id } of commands) this.taken.set(op_id, (this.taken.get(op_id) ?? 0) + 1);
    const results: CommandResults = { results: commands.map(this.answer) };
    return Promise.resolve(Response.json(results));
  };
}

let server: Server;
const tabs: { keep: Keep; sender: Sender }[] = [];

async function tab() {
  const keep = await Keep.open("shop", "ana");
  const sender = new Sender(
    keep,
    () => Date.now(),
    () => undefined,
  );
  const told: Outcome[] = [];
  sender.onOutcome((outcome) => told.push(outcome));
  tabs.push({ keep, sender });
  const say = async (conversation: string, text: string) => {
    const command = sender.commandOf(conversation, { type: "reply", text, seen: null });
    await sender.add([command]);
    return command.op_id;
  };
  /** As a browser that is killed: nothing more comes of it. */
  const die = () => {
    sender.stop();
    keep.close();
  };
  const shown = () =>
    sender.items.map(({ command, state }) => `${state} ${"text" in command ? command.text : ""}`);
  return { keep, sender, told, say, die, shown };
}

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  vi.stubGlobal("navigator", { locks: new Locks() });
  server = new Server();
  vi.stubGlobal("fetch", server.fetch);
});
afterEach(() => {
  for (const { keep, sender } of tabs.splice(0)) {
    sender.stop();
    keep.close();
  }
  vi.unstubAllGlobals();
});

/** Patient: it is played beside all else. */
const until = (check: () => void) => vi.waitFor(check, { timeout: 20_000 });

test("what waits without a network is there after the page died, and is sent once", async () => {
  server.isThere = false;
  const page = await tab();
  const op = await page.say(A, "antes de las cinco");
  await until(() => expect(page.shown()).toEqual(["waiting antes de las cinco"]));
  page.die();
  const next = await tab();
  expect(next.shown()).toEqual(["waiting antes de las cinco"]);
  server.isThere = true;
  next.sender.hurry();
  await until(() => expect(next.shown()).toEqual([]));
  expect([...server.taken]).toEqual([[op, 1]]);
  expect(next.told.map(({ kind }) => kind)).toEqual(["accepted"]);
  next.die();
  expect((await tab()).shown()).toEqual([]);
});

test("what was on its way as the page died goes again under its op id", async () => {
  const page = await tab();
  const { fetch } = server;
  vi.stubGlobal("fetch", () => new Promise(() => undefined));
  const op = await page.say(A, "Hola");
  await until(() => expect(page.shown()).toEqual(["sending Hola"]));
  page.die();
  vi.stubGlobal("fetch", fetch);
  const next = await tab();
  next.sender.hurry();
  await until(() => expect(next.shown()).toEqual([]));
  expect([...server.taken]).toEqual([[op, 1]]);
});

test("two tabs have one outbox, each thing is sent once and told where it was done", async () => {
  server.isThere = false;
  const [one, other] = [await tab(), await tab()];
  const ops: string[] = [];
  const all: string[] = [];
  const say = async (by: typeof one, conversation: string, text: string) => {
    ops.push(await by.say(conversation, text));
    all.push(expect.stringContaining(text) as string);
    await until(() => expect([one.shown(), other.shown()]).toEqual([all, all]));
  };
  // Within one millisecond: each comes after what its tab shows.
  vi.spyOn(Date, "now").mockReturnValue(Date.now());
  for (const [by, conversation, text] of [
    [one, A, "uno"],
    [other, B, "dos"],
    [one, B, "tres"],
  ] as const) {
    await say(by, conversation, text);
  }
  vi.mocked(Date.now).mockRestore();
  server.isThere = true;
  for (const { sender } of [one, other]) sender.hurry();
  await until(() => expect([one.shown(), other.shown()]).toEqual([[], []]));
  expect([...server.taken].sort()).toEqual(ops.map((op) => [op, 1]).sort());
  const done = ({ told }: typeof one) =>
    told.map(({ item }) => "text" in item.command && item.command.text);
  await until(() => expect(done(one).sort()).toEqual(["tres", "uno"]));
  expect(done(other)).toEqual(["dos"]);
});

test("what is taken back in one tab is sent by no other", async () => {
  server.isThere = false;
  const [one, other] = [await tab(), await tab()];
  const op = await one.say(A, "no");
  await until(() => expect(other.shown()).toHaveLength(1));
  other.sender.drop(op);
  await until(() => expect([one.shown(), other.shown()]).toEqual([[], []]));
  server.isThere = true;
  for (const { sender } of [one, other]) sender.hurry();
  await one.say(A, "sí");
  await until(() => expect(server.taken.size).toBe(1));
  expect(server.taken.has(op)).toBe(false);
});

test("what is taken back just as another tab's sending fails does not come back", async () => {
  const [one, other] = [await tab(), await tab()];
  let fail = () => undefined as void;
  vi.stubGlobal("fetch", () => new Promise((_, no) => (fail = () => no(new TypeError("cut")))));
  const op = await one.say(A, "no");
  await until(() => expect([one.shown(), other.shown()]).toEqual([["sending no"], ["sending no"]]));
  other.sender.drop(op);
  fail();
  await until(() => expect([one.shown(), other.shown()]).toEqual([[], []]));
  await one.say(B, "sí");
  await until(() => expect(other.shown()).toEqual(["sending sí"]));
  expect([...((await one.keep.outbox()) ?? [])].map(({ command }) => command.op_id)).not.toContain(
    op,
  );
});

test("a reply that comes after one from before the page died says so", async () => {
  server.isThere = false;
  const page = await tab();
  const op = await page.say(A, "uno");
  page.die();
  const next = await tab();
  await next.say(A, "dos");
  expect(next.sender.items.map(({ command }) => command.after)).toEqual([undefined, op]);
});

test("where nothing can be kept it is said, and sent all the same", async () => {
  vi.stubGlobal("indexedDB", undefined);
  const page = await tab();
  server.isThere = false;
  await page.say(A, "Hej");
  expect(page.sender.isKept).toBe(false);
  expect(page.shown()).toEqual([expect.stringContaining("Hej")]);
  server.isThere = true;
  page.sender.hurry();
  await until(() => expect(page.shown()).toEqual([]));
  expect(server.taken.size).toBe(1);
});
