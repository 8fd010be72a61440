// @vitest-environment happy-dom
import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Command } from "../protocol.ts";
import { Keep } from "./keep.ts";
import type { Item } from "./outbox.ts";

const [A, B, ANA] = ["conversation-a", "conversation-b", "ana"];
const BASE = `baton.shop.${ANA}.`;
const item = (op_id: string, conversation_id: string): Item => {
  const command: Command = {
    op_id,
    conversation_id,
    type: "reply",
    text: `text ${op_id}`,
    seen: null,
  };
  return { command, at: 1, state: "waiting", left: false, n: 1 };
};
const draft = (text: string) => ({ text, mode: "reply" }) as const;
const open = () => Keep.open("shop", ANA);
const ops = (items: readonly Item[] | undefined) => items?.map(({ command }) => command.op_id);

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  localStorage.clear();
  sessionStorage.clear();
});
afterEach(() => vi.unstubAllGlobals());

test("what is said to be kept is there for whoever opens the page next", async () => {
  const keep = await open();
  expect(await keep.keepDraft(A, draft("Sí, antes"))).toBe(true);
  expect(await keep.keepDraft(B, draft("Un momento"))).toBe(true);
  // What leaves the composer takes its draft along.
  expect(await keep.keepNew([item("1", B)], B)).toBe(true);
  keep.close();
  const next = await open();
  expect(next.draft(A)).toEqual(draft("Sí, antes"));
  expect(next.draft(B)).toBe(undefined);
  expect(ops(next.found)).toEqual(["1"]);
  await next.keepDraft(A, undefined);
  await next.keepOutbox([], ["1"], "strict");
  const last = await open();
  expect([last.draft(A), last.found]).toEqual([undefined, []]);
  const other = await Keep.open("shop", "ben");
  expect(other.draft(A)).toBe(undefined);
});

test("what an older build kept is moved over, once", async () => {
  const { n: _, ...old } = item("1", A);
  localStorage.setItem(
    `${BASE}outbox`,
    JSON.stringify([old, { ...old, command: { ...old.command, op_id: "2" } }]),
  );
  localStorage.setItem(`${BASE}draft.${B}`, JSON.stringify(draft("Un momento")));
  localStorage.setItem("baton.shop.ben.outbox", JSON.stringify([old]));
  localStorage.setItem(`${BASE}draft.broken`, "{");
  const keep = await open();
  expect(keep.draft(B)).toEqual(draft("Un momento"));
  expect(ops([...keep.found].sort((a, b) => (a.n ?? 0) - (b.n ?? 0)))).toEqual(["1", "2"]);
  expect(Object.keys(localStorage)).toEqual(["baton.shop.ben.outbox"]);
  await keep.keepOutbox([], ["1", "2"], "strict");
  expect((await open()).found).toEqual([]);
});

test("a page that goes away loses nothing that it had no time to write", async () => {
  const keep = await open();
  await keep.keepDraft(A, draft("before"));
  // A database that never answers: as for a page whose end comes first.
  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = () => {
    throw new DOMException("the page is going", "InvalidStateError");
  };
  void keep.keepNew([item("1", A)], A);
  window.dispatchEvent(new Event("pagehide"));
  void keep.keepDraft(B, draft("typed last"));
  IDBDatabase.prototype.transaction = transaction;
  keep.close();
  const next = await open();
  expect(ops(next.found)).toEqual(["1"]);
  expect(next.draft(A)).toBe(undefined);
  expect(next.draft(B)).toEqual(draft("typed last"));
  expect(Object.keys(localStorage)).toEqual([]);
});

test("a browser that keeps nothing says so", async () => {
  vi.stubGlobal("indexedDB", undefined);
  const keep = await open();
  expect(await keep.keepDraft(A, draft("Hej"))).toBe(false);
  expect(await keep.keepNew([item("1", A)])).toBe(false);
  expect(await keep.outbox()).toBe(undefined);
  // Within the page it is there all the same.
  expect(keep.draft(A)).toEqual(draft("Hej"));
});

test("signing out takes all of it, and nothing is written any more", async () => {
  const [ana, ben] = [await open(), await Keep.open("shop", "ben")];
  await ana.keepDraft(A, draft("ours"));
  await ana.keepNew([item("1", A)]);
  await ben.keepDraft(A, draft("his"));
  await ana.wipe();
  expect(await ana.keepDraft(A, draft("late"))).toBe(false);
  const next = await open();
  expect([next.draft(A), next.found]).toEqual([undefined, []]);
  expect((await Keep.open("shop", "ben")).draft(A)).toEqual(draft("his"));
});

test("the tabs of an agent have the same drafts", async () => {
  const [one, other] = [await open(), await open()];
  await one.keepDraft(A, draft("Sí"));
  await vi.waitFor(() => expect(other.draft(A)).toEqual(draft("Sí")));
  await one.keepNew([item("1", A)], A);
  await vi.waitFor(() => expect(other.draft(A)).toBe(undefined));
});

/** What a browser keeps for one tab. */
function tab(): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, text: string) => void kept.set(key, text),
    removeItem: (key: string) => void kept.delete(key),
  } as unknown as Storage;
}

test("each of two tabs finds its own words again, and what only one has is there for both", async () => {
  const [one, other] = [tab(), tab()];
  const first = await Keep.open("shop", ANA, one);
  const second = await Keep.open("shop", ANA, other);
  const heard = (wanted: string | undefined, of: Keep) =>
    vi.waitFor(() => expect(of.draft(A)?.text).toBe(wanted));
  await first.keepDraft(A, draft("the first tab, a long text"));
  await heard("the first tab, a long text", second);
  await second.keepDraft(A, draft("the second"));
  await second.keepDraft(B, draft("elsewhere"));
  await vi.waitFor(() => expect(first.draft(B)?.text).toBe("elsewhere"));
  const again = await Keep.open("shop", ANA, one);
  expect(again.draft(A)?.text).toBe("the first tab, a long text");
  expect((await Keep.open("shop", ANA, other)).draft(A)?.text).toBe("the second");
});

test("what another tab went on from, or sent, is not there a second time", async () => {
  const first = await Keep.open("shop", ANA, tab());
  const second = await Keep.open("shop", ANA, tab());
  await first.keepDraft(A, draft("Sí"));
  await vi.waitFor(() => expect(second.draft(A)?.text).toBe("Sí"));
  await second.keepDraft(A, draft("Sí, antes de las ocho"));
  await vi.waitFor(() => expect(first.draft(A)?.text).toBe("Sí, antes de las ocho"));
  await second.keepNew([item("1", A)], A);
  await vi.waitFor(() => expect(first.draft(A)).toBe(undefined));
});
