import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import type { ConversationPage, Event, LinesPage, ServerFrame, Snapshot } from "../protocol.ts";
import {
  type Feed,
  apply,
  applyConversation,
  applyOlder,
  applyRows,
  cursorOf,
  empty,
  endLoading,
} from "./feed.ts";
import { type Held, headOf, unreadOf } from "./held.ts";

const FIXTURES = join(import.meta.dirname, "../../../protocol/fixtures");
function fixture<T>(name: string): T {
  return JSON.parse(readFileSync(join(FIXTURES, `${name}.json`), "utf8")) as T;
}
const frame = (name: string) => fixture<ServerFrame>(`server_frame.${name}`);
const snapshot = fixture<Snapshot & { level: "full" }>("snapshot.full");
const ID = snapshot.view.head.id;

let feed: Feed;
const full = (id = ID): Extract<Held, { level: "full" }> => {
  const held = feed.held.get(id);
  if (held?.level !== "full") throw new Error("is not held in full");
  return held;
};
/** The next event of the conversation, at this revision. */
function event(name: string, revision: number): Event {
  const position = (feed.position ?? 0) + 1;
  return { ...fixture<Event>(`event.${name}`), position, revision, conversation_id: ID };
}
function tell(...events: Event[]) {
  const after = feed.position ?? 0;
  return apply(feed, { type: "events", after, upto: after + events.length, events });
}

beforeEach(() => {
  feed = empty();
  apply(feed, frame("welcome"));
  apply(feed, frame("reset"));
  endLoading(feed, true);
});

test("a welcome and a reset make the cursor that the next hello names", () => {
  expect(cursorOf(empty())).toBeUndefined();
  expect(cursorOf(feed)).toBe("01890a5d-ac96-774b-bcce-00000000a00b:97");
});

test("a reset asks for everything anew", () => {
  const wants = apply(feed, frame("reset")).map((want) => want.kind);
  expect(wants).toEqual(["load", "agents", "teams", "channels", "settings"]);
});

test("every golden frame can be applied, in any order, and twice", () => {
  const names = readdirSync(FIXTURES).filter((name) => name.startsWith("server_frame."));
  for (const name of [...names, ...names.reverse()]) {
    expect(() => apply(feed, fixture(name.replace(".json", "")))).not.toThrow();
  }
});

test("every golden event moves the conversation to its revision", () => {
  const names = readdirSync(FIXTURES).filter(
    (name) => name.startsWith("event.") && !name.includes("from_the_future"),
  );
  applyConversation(feed, ID, snapshot);
  let { revision } = snapshot.view.head;
  for (const name of names) {
    const golden = fixture<Event>(name.replace(".json", ""));
    if (golden.revision === undefined || golden.type === "head_changed") continue;
    revision += 1;
    expect(tell(event(name.slice(6, -5), revision)), name).toEqual([]);
    expect(headOf(full()).revision, name).toBe(revision);
  }
  expect(revision).toBeGreaterThan(snapshot.view.head.revision + 7);
});

test("a line received is shown, counts as unread and moves the window", () => {
  applyConversation(feed, ID, snapshot);
  const next = event("line_received", 42);
  if (next.type !== "line_received") throw new Error();
  tell({ ...next, line: { seq: 9, id: next.line.id }, window_until: "2026-01-09T00:00:00.000Z" });
  expect(full().lines?.lines.at(-1)?.content.text).toBe("¿Y mi pedido?");
  expect(full().view.preview?.content.text).toBe("¿Y mi pedido?");
  expect(full().view.thread.window_until).toBe("2026-01-09T00:00:00.000Z");
  expect(headOf(full()).last_seq).toBe(9);
  expect(unreadOf(full())).toBe(9 - 5);
});

test("a line keeps the newest reaction of each side, and nothing of what was taken back", () => {
  applyConversation(feed, ID, snapshot);
  const line = full().lines?.lines.at(-1);
  if (line === undefined) throw new Error();
  const { seq, id } = line;
  const held = () => full().lines?.lines.at(-1);
  const amend = (revision: number, over: Partial<Event & { type: "line_amended" }> = {}) => {
    const golden = event("line_amended", revision);
    if (golden.type !== "line_amended") throw new Error();
    tell({ ...golden, line: { seq, id }, ...over });
  };
  amend(42);
  expect(held()?.amended?.reactions?.map(({ emoji }) => emoji)).toEqual(["👍"]);
  amend(43, { content: { contact: { name: null, phone: null } } });
  expect(held()?.amended?.reactions?.map(({ emoji }) => emoji)).toEqual([undefined]);
  const change = { line: { seq: seq + 1, id }, at: line.at };
  amend(44, { amendment: { kind: "edited", ...change } });
  expect(held()?.amended?.edited).toEqual(change);
  expect(held()?.content).toEqual(line.content);
  amend(45, { amendment: { kind: "revoked", ...change } });
  expect(held()?.amended?.revoked).toEqual(change);
  expect(held()?.content).toEqual({});
});

test("a line tells what became of its file, until it is taken back", () => {
  applyConversation(feed, ID, snapshot);
  const line = full().lines?.lines.at(-1);
  if (line === undefined) throw new Error();
  const { seq, id, at } = line;
  const held = () => full().lines?.lines.at(-1);
  tell({ ...event("file_changed", 42), line: { seq, id } } as Event);
  expect(held()?.file).toMatchObject({
    state: "stored",
    bytes: 48213,
    picture: { width: 1600, height: 1200 },
    sound: { duration_ms: 4180 },
  });
  expect(held()?.content).toEqual(line.content);
  const revoked = { kind: "revoked" as const, line: { seq: seq + 1, id }, at };
  tell({ ...event("line_amended", 43), line: { seq, id }, amendment: revoked } as Event);
  expect(held()?.file).toBeUndefined();
});

test("a line that was read anew says what it is at its place", () => {
  applyConversation(feed, ID, snapshot);
  const lines = full().lines?.lines ?? [];
  const line = lines.at(-1);
  if (line === undefined) throw new Error();
  const { seq, id } = line;
  tell({ ...event("line_understood", 42), line: { seq, id } } as Event);
  const after = full().lines?.lines ?? [];
  expect(after.length).toBe(lines.length);
  expect(after.at(-1)).toEqual({ ...line, kind: "text", content: { text: "¿Abren mañana?" } });
});

test("a read mark takes the unread away, and never goes back", () => {
  applyConversation(feed, ID, snapshot);
  const { revision: _revision, ...mark } = { ...event("read_marked", 0), seq: 7 };
  apply(feed, { type: "events", after: 97, upto: 98, events: [mark as Event] });
  expect(full().view.read_seq).toBe(7);
  applyConversation(feed, ID, snapshot);
  expect(full().view.read_seq).toBe(7);
});

test("a line marked as unread stays unread until it is read, also when older answers come", () => {
  applyConversation(feed, ID, snapshot);
  const told = (type: "read_marked" | "unread_marked", position: number, seq: number) => {
    const { revision: _revision, ...mark } = { ...event(type, 0), position, seq };
    apply(feed, { type: "events", after: position - 1, upto: position, events: [mark as Event] });
  };
  told("read_marked", 98, 7);
  told("unread_marked", 99, 2);
  expect(full().view.read_seq).toBe(2);
  applyConversation(feed, ID, snapshot);
  expect(full().view.read_seq).toBe(2);
  told("read_marked", 100, 6);
  expect(full().view.read_seq).toBe(6);
  // After a gap the server's word counts, unless it was told another one since.
  apply(feed, { type: "reset", reason: "too_much", upto: 110, after_ms: 0 });
  const view = { ...full().view, read_seq: 3 };
  applyRows(feed, [{ level: "full", view, unread: 0 }]);
  expect(full().view.read_seq).toBe(3);
  told("unread_marked", 111, 1);
  applyRows(feed, [{ level: "full", view, unread: 0 }]);
  expect(full().view.read_seq).toBe(1);
});

test("a coaching note comes without a revision, and an older answer does not take it away", () => {
  applyConversation(feed, ID, snapshot);
  const { revision: _revision, ...coached } = {
    ...event("coached", 0),
    note_id: "n",
    author: "sofia",
    agent_id: "ana",
    op_id: "o",
    content: { note: { text: "Offer the exchange" } },
  };
  const frame = { type: "events", after: 97, upto: 98, events: [coached as Event] } as const;
  apply(feed, { ...frame, events: [...frame.events] });
  const notes = () => full().lines?.coaching?.map(({ id, text }) => [id, text]);
  expect(notes()).toEqual([["n", "Offer the exchange"]]);
  applyConversation(feed, ID, snapshot);
  expect(notes()).toEqual([["n", "Offer the exchange"]]);
  // Rights may have changed: what is shown is asked for anew, and has what may be seen.
  apply(feed, { type: "reset", reason: "scope_changed", upto: 99, after_ms: 0 });
  expect(full().lines).toBeUndefined();
  applyConversation(feed, ID, snapshot);
  expect(notes()).toBeUndefined();
});

test("a message that is held says why, and the reason goes when it is sent after all", () => {
  applyConversation(feed, ID, snapshot);
  const line = { seq: 7, id: "01890a5d-ac96-774b-bcce-00000000a005" };
  const held = { ...event("message_changed", 42), line } as Event;
  tell(held);
  const find = () => full().lines?.lines.find((one) => one.id === line.id);
  expect(find()).toMatchObject({ status: "held", held: "overtaken" });
  const { held: _held, error: _error, ...sent } = held as Event & { type: "message_changed" };
  tell({ ...sent, status: "sent", revision: 43, position: 99 } as Event);
  expect(find()).toMatchObject({ status: "sent" });
  expect(find()?.held).toBeUndefined();
  expect(find()?.error).toBeUndefined();
});

test("what was told already changes nothing", () => {
  applyConversation(feed, ID, snapshot);
  const line = event("line_received", 42);
  tell(line);
  const before = full();
  apply(feed, { type: "events", after: 96, upto: 98, events: [line] });
  expect(full()).toBe(before);
});

test("a frame above the cursor is a gap: nothing is applied, the connection resumes", () => {
  applyConversation(feed, ID, snapshot);
  const before = full();
  const line = event("line_received", 42);
  const wants = apply(feed, { type: "events", after: 98, upto: 99, events: [line] });
  expect(wants).toEqual([{ kind: "resume" }]);
  expect(full()).toBe(before);
  expect(feed.position).toBe(97);
});

test("a missing revision asks for the conversation, once", () => {
  applyConversation(feed, ID, snapshot);
  expect(tell(event("line_received", 43))).toEqual([{ kind: "conversation", id: ID }]);
  expect(tell(event("note_added", 44))).toEqual([]);
  const view = { ...snapshot.view, head: { ...snapshot.view.head, revision: 43 } };
  // From a node that is behind: asked again.
  expect(applyConversation(feed, ID, { ...snapshot, view })).toHaveLength(1);
  view.head = { ...view.head, revision: 44 };
  expect(applyConversation(feed, ID, { ...snapshot, view })).toEqual([]);
});

test("a conversation that begins is told by its events", () => {
  const id = "01890a5d-ac96-774b-bcce-00000000b001";
  const opened = { ...event("conversation_opened", 1), conversation_id: id };
  const wrote = { ...event("line_received", 2), conversation_id: id, position: 99 };
  expect(tell(opened, wrote)).toEqual([]);
  expect(full(id).lines?.lines).toHaveLength(1);
  expect(headOf(full(id)).owner).toEqual({ kind: "queue", id: full(id).view.head.team_id });
});

test("what left the scope while rows were read does not come back with a page", () => {
  const page = fixture<ConversationPage>("rest.conversation_page");
  const row = page.conversations.find((one) => one.level === "full");
  if (row === undefined) throw new Error();
  apply(feed, frame("reset"));
  apply(feed, { type: "left", position: 98, conversation_id: ID });
  applyRows(feed, [row]);
  expect(feed.held.has(ID)).toBe(false);
  apply(feed, { type: "entered", position: 99, snapshot });
  expect(endLoading(feed, true)).toEqual([]);
  expect(feed.held.has(ID)).toBe(true);
});

test("what no page had is gone after a complete reading, and kept after an incomplete one", () => {
  applyConversation(feed, ID, snapshot);
  apply(feed, frame("reset"));
  endLoading(feed, false);
  expect(feed.held.has(ID)).toBe(true);
  apply(feed, frame("reset"));
  endLoading(feed, true);
  expect(feed.held.has(ID)).toBe(false);
});

test("older lines are put before those that are held", () => {
  const lines = snapshot.lines.filter((line) => line.seq > 6);
  applyConversation(feed, ID, { ...snapshot, from_seq: 7, lines });
  const page = fixture<LinesPage>("rest.lines_page");
  applyOlder(feed, ID, page);
  expect(full().lines?.lines.map((line) => line.seq)).toEqual([6, 7, 8]);
  expect(full().lines?.from_seq).toBe(6);
  expect(full().lines?.notes).toHaveLength(1);
  // A new snapshot joins them.
  applyConversation(feed, ID, { ...snapshot, from_seq: 7, lines });
  expect(full().lines?.lines.map((line) => line.seq)).toEqual([6, 7, 8]);
});

test("another life of the database, or another agent, forgets everything", () => {
  applyConversation(feed, ID, snapshot);
  const welcome = frame("welcome");
  if (welcome.type !== "welcome") throw new Error();
  apply(feed, { ...welcome, epoch: "01890a5d-ac96-774b-bcce-00000000ffff" });
  expect(feed.held.size).toBe(0);
  expect(cursorOf(feed)).toBeUndefined();
});

test("a fact of the future makes the conversation be read anew, and the cursor moves on", () => {
  applyConversation(feed, ID, snapshot);
  const { revision } = headOf(full());
  const future = event("from_the_future", revision + 1);
  expect(tell(future)).toEqual([{ kind: "conversation", id: ID }]);
  expect(headOf(full()).revision).toBe(revision);
  expect(feed.position).toBe(future.position);
  // What follows is asked for no second time.
  expect(tell(event("status_changed", revision + 2))).toEqual([]);
});

test("a fact of the future without a conversation is passed over", () => {
  const { conversation_id: _, revision: __, ...fact } = event("from_the_future", 1);
  expect(tell(fact as Event)).toEqual([]);
});
