// What this browser holds of its scope, folded from what the server tells. No I/O, no clock: the
// same rules as `domain::mirror`, so that whoever was away ends where those ended who stayed.
//
// Lines are held only of conversations that were opened; rows of all that were listed.

import { type Lines, type Held, type Full, HeldMap, headOf, readOf } from "./held.ts";
import { begun, isUnderstood, advance } from "./advance.ts";
import type {
  CoachNote,
  ConversationRow,
  Event,
  Id,
  LinesPage,
  ServerFrame,
  Snapshot,
} from "../protocol.ts";

export interface Feed {
  agent: Id | undefined;
  epoch: Id | undefined;
  /** The last position applied; undefined before the first reset. */
  position: number | undefined;
  held: HeldMap;
  /** Conversations that are behind, and the revision they must reach. */
  wanted: Map<Id, number>;
  /** Conversations as they were when this browser was last closed: nobody has told them since. */
  restored: Set<Id>;
  /** Those of them whose lines were not read since. */
  unread: Set<Id>;
  /** The rows are being read anew; who left meanwhile does not come back with a page. */
  loading: { left: Set<Id>; seen: Set<Id>; marks: Map<Id, number> } | undefined;
  /** Whom a frame of which position last concerned: an older word was overtaken. */
  told: number;
}

/** What has to be fetched after a frame. */
export type Want =
  | { kind: "resume" }
  | { kind: "load"; after_ms: number }
  | { kind: "conversation"; id: Id }
  | { kind: "agents" }
  | { kind: "teams" }
  | { kind: "channels" }
  | { kind: "settings" }
  | { kind: "setting"; event: Event & { type: "setting_changed" } };

export function empty(): Feed {
  return {
    agent: undefined,
    epoch: undefined,
    position: undefined,
    held: new HeldMap(),
    wanted: new Map(),
    restored: new Set(),
    unread: new Set(),
    loading: undefined,
    told: 0,
  };
}

/** Takes over what was kept; nothing that the server told gives way to it. */
export function restore(
  feed: Feed,
  epoch: Id,
  agent: Id,
  all: Iterable<readonly [Id, Full]>,
): void {
  if (feed.position !== undefined || (feed.epoch !== undefined && feed.epoch !== epoch)) return;
  Object.assign(feed, { epoch, agent });
  for (const [id, held] of all) {
    if (feed.held.has(id)) continue;
    feed.held.set(id, held);
    feed.restored.add(id);
    if (held.lines !== undefined) feed.unread.add(id);
  }
}

export function cursorOf(feed: Feed): string | undefined {
  const { epoch, position } = feed;
  return epoch === undefined || position === undefined ? undefined : `${epoch}:${position}`;
}

/** Applies a frame. Ephemeral ones say nothing that lasts. */
export function apply(feed: Feed, frame: ServerFrame): Want[] {
  switch (frame.type) {
    case "welcome":
      return welcome(feed, frame.epoch, frame.agent_id);
    case "events":
      return events(feed, frame.after, frame.upto, frame.events);
    case "entered":
      return entered(feed, frame.position, frame.snapshot);
    case "left":
      return left(feed, frame.position, frame.conversation_id);
    case "reset":
      feed.position = frame.upto;
      feed.told = frame.upto;
      feed.wanted.clear();
      forgetCoached(feed);
      feed.loading = { left: new Set(), seen: new Set(), marks: new Map() };
      return [
        { kind: "load", after_ms: frame.after_ms },
        { kind: "agents" },
        { kind: "teams" },
        { kind: "channels" },
        { kind: "settings" },
      ];
    default:
      return [];
  }
}

/** Another life of the database, or another agent: nothing that is held means anything. */
function welcome(feed: Feed, epoch: Id, agent: Id): Want[] {
  if (feed.epoch !== epoch || feed.agent !== agent) {
    Object.assign(feed, empty(), { epoch, agent });
  }
  feed.told = feed.position ?? 0;
  return [];
}

function entered(feed: Feed, position: number, snapshot: Snapshot): Want[] {
  if (isOvertaken(feed, position)) return [];
  const { id } = snapshot.level === "head" ? snapshot.head : snapshot.view.head;
  feed.loading?.left.delete(id);
  feed.loading?.seen.add(id);
  install(feed, rowOf(snapshot));
  return [];
}

function left(feed: Feed, position: number, id: Id): Want[] {
  if (isOvertaken(feed, position)) return [];
  feed.held.delete(id);
  feed.wanted.delete(id);
  feed.loading?.left.add(id);
  return [];
}

function isOvertaken(feed: Feed, position: number): boolean {
  const isOld = position < feed.told;
  feed.told = Math.max(feed.told, position);
  return isOld;
}

function events(feed: Feed, after: number, upto: number, all: Event[]): Want[] {
  const { position } = feed;
  if (position === undefined || after > position) return [{ kind: "resume" }];
  const wants: Want[] = [];
  for (const event of all) {
    if (event.position > position) wants.push(...one(feed, event));
  }
  feed.position = Math.max(position, upto);
  feed.told = Math.max(feed.told, feed.position);
  return wants;
}

function one(feed: Feed, event: Event): Want[] {
  switch (event.type) {
    case "agent_changed":
    case "membership_changed":
      return [{ kind: "agents" }];
    case "team_changed":
      return [{ kind: "teams" }];
    case "channel_changed":
      return [{ kind: "channels" }];
    case "password_set":
    case "device_revoked":
    case "invitation_changed":
      return [];
    case "setting_changed":
      return [{ kind: "setting", event }];
    case "read_marked":
      if (event.agent_id === feed.agent && event.conversation_id !== undefined) {
        mark(feed, event.conversation_id, event.seq, Math.max);
      }
      return [];
    case "unread_marked":
      if (event.agent_id === feed.agent && event.conversation_id !== undefined) {
        mark(feed, event.conversation_id, event.seq, Math.min);
      }
      return [];
    case "coached":
      coached(feed, event);
      return [];
    case "head_changed":
      feed.loading?.seen.add(event.head.id);
      install(feed, { level: "head", head: event.head });
      return [];
    default:
      break;
  }
  const { conversation_id: id, revision } = event;
  if (id === undefined || revision === undefined) return [];
  return ofConversation(feed, id, revision, event);
}

/** A note makes no revision: it comes with the lines, or to them. */
function coached(feed: Feed, event: Event & { type: "coached" }) {
  const { conversation_id: id = "", content } = event;
  const held = feed.held.get(id);
  if (held?.level !== "full" || held.lines === undefined) return;
  const note: CoachNote = {
    id: event.note_id,
    author: event.author,
    agent_id: event.agent_id,
    at: event.at,
    position: event.position,
    text: content !== undefined && "note" in content ? content.note.text : null,
    op_id: event.op_id,
  };
  const coaching = bothNotes(held.lines.coaching, [note]);
  feed.held.set(id, { ...held, lines: { ...held.lines, ...coaching } });
}

/** Who may see them may have changed: lines with such notes are read anew when they are shown. */
function forgetCoached(feed: Feed) {
  for (const [id, held] of feed.held) {
    if (held.level === "full" && held.lines?.coaching !== undefined) {
      feed.held.set(id, { level: "full", view: held.view });
    }
  }
}

/** Coaching notes of both, each once. */
function bothNotes(old: CoachNote[] = [], fresh: CoachNote[] = []): Pick<Lines, "coaching"> {
  const all = new Map([...old, ...fresh].map((note) => [note.id, note]));
  if (all.size === 0) return {};
  return { coaching: [...all.values()].sort((a, b) => a.position - b.position) };
}

/** Marks are told once and carry no revision: what is not here yet gets them when it comes. */
function mark(feed: Feed, id: Id, seq: number, moved: (before: number, seq: number) => number) {
  const held = feed.held.get(id);
  if (held !== undefined) setRead(feed, id, held, moved(readOf(held), seq));
  feed.loading?.marks.set(id, seq);
}

function setRead(feed: Feed, id: Id, held: Held, read_seq: number) {
  if (held.level === "full") feed.held.set(id, { ...held, view: { ...held.view, read_seq } });
  else if (held.level === "packed")
    feed.held.set(id, { ...held, slim: { ...held.slim, read_seq } });
}

function ofConversation(feed: Feed, id: Id, revision: number, event: Event): Want[] {
  const held = feed.held.get(id);
  if (held === undefined) {
    const view = begun(id, event);
    if (view === undefined) return fallBehind(feed, id, revision);
    feed.loading?.seen.add(id);
    feed.held.set(id, {
      level: "full",
      view,
      lines: { from_seq: 1, lines: [], notes: [], changes: [] },
    });
    return [];
  }
  const { revision: before } = headOf(held);
  if (revision <= before) return [];
  if (revision === before + 1 && held.level === "full" && isUnderstood(event)) {
    feed.loading?.seen.add(id);
    feed.held.set(id, advance(held, event));
    return [];
  }
  // A gap, a head that became more, or what a newer server says: the conversation itself tells.
  return fallBehind(feed, id, revision);
}

function fallBehind(feed: Feed, id: Id, revision: number): Want[] {
  const isNew = !feed.wanted.has(id);
  feed.wanted.set(id, revision);
  // The pages may bring it; what they did not bring is asked for at their end.
  return isNew && feed.loading === undefined ? [{ kind: "conversation", id }] : [];
}

/** Applies a page of rows. */
export function applyRows(feed: Feed, rows: ConversationRow[]): void {
  for (const row of rows) {
    const held: Held = row.level === "head" ? row : { level: "full", view: row.view };
    const { id } = headOf(held);
    if (feed.loading?.left.has(id)) continue;
    feed.loading?.seen.add(id);
    install(feed, held);
  }
}

/** Applies heads without rows. What is held whole stays so; what is behind will be asked for. */
export function applyPacked(feed: Feed, all: Extract<Held, { level: "head" | "packed" }>[]): void {
  for (const fresh of all) {
    const { id, revision } = fresh.head;
    if (feed.loading?.left.has(id)) continue;
    feed.loading?.seen.add(id);
    const held = feed.held.get(id);
    if (fresh.level === "head" || held?.level !== "full") install(feed, fresh);
    else if (headOf(held).revision < revision) fallBehind(feed, id, revision);
    else setRead(feed, id, held, feed.loading?.marks.get(id) ?? fresh.slim.read_seq);
  }
}

/** All pages of a kind were read: what none of them had is gone, but for what was opened. */
export function endLoading(feed: Feed, isComplete: boolean): Want[] {
  const { loading } = feed;
  feed.loading = undefined;
  if (loading !== undefined) {
    for (const id of isComplete ? [...feed.held.keys()] : feed.restored) {
      if (!loading.seen.has(id)) feed.held.delete(id);
    }
    feed.restored.clear();
  }
  return [...feed.wanted.keys()].map((id) => ({ kind: "conversation", id }));
}

/** Applies what was read of one conversation; `undefined` when there is none in scope. */
export function applyConversation(feed: Feed, id: Id, snapshot: Snapshot | undefined): Want[] {
  if (snapshot === undefined) {
    feed.held.delete(id);
    feed.wanted.delete(id);
    return [];
  }
  const held = rowOf(snapshot);
  if (headOf(held).id !== id) return [];
  const before = feed.held.get(id);
  // What was kept is not joined to what was read: nobody told what became of it.
  if (feed.unread.delete(id) && before?.level === "full") {
    feed.held.set(id, { level: "full", view: before.view });
  }
  feed.loading?.seen.add(id);
  install(feed, held);
  // Read from a node that is not there yet.
  return feed.wanted.has(id) ? [{ kind: "conversation", id }] : [];
}

/** Applies lines from before those that are held. */
export function applyOlder(feed: Feed, id: Id, page: LinesPage): void {
  const held = feed.held.get(id);
  if (held?.level !== "full" || held.lines === undefined) return;
  const { from_seq, lines, notes, changes } = held.lines;
  const older = page.lines.filter((line) => line.seq < from_seq);
  const known = new Set(notes.map((note) => note.id));
  const first = older[0]?.seq ?? from_seq;
  feed.held.set(id, {
    ...held,
    lines: {
      from_seq: page.before === undefined ? 1 : first,
      lines: [...older, ...lines],
      notes: [...page.notes.filter((note) => !known.has(note.id)), ...notes],
      ...bothNotes(held.lines.coaching),
      changes,
    },
  });
}

/**
 * Takes this over, unless something newer is held. Read marks that were told pass it by: it may be
 * older, and what is held was told of all of them, unless it is read anew.
 */
function install(feed: Feed, fresh: Held): void {
  const { id, revision } = headOf(fresh);
  const held = feed.held.get(id);
  const isNewer = held === undefined || headOf(held).revision <= revision;
  let next = isNewer ? fresh : held;
  const isTold = held !== undefined && held.level !== "head" && feed.loading === undefined;
  const read_seq =
    feed.loading?.marks.get(id) ?? readOf(isTold || fresh.level === "head" ? held : fresh);
  if (next.level === "packed") {
    next = { ...next, slim: { ...next.slim, read_seq } };
  } else if (next.level === "full") {
    const before = held?.level === "full" ? held : undefined;
    const view = { ...next.view, read_seq };
    const lines = joined(before, next, isNewer);
    next = lines === undefined ? { level: "full", view } : { level: "full", view, lines };
  }
  feed.held.set(id, next);
  const wanted = feed.wanted.get(id);
  if (wanted !== undefined && wanted <= headOf(next).revision) feed.wanted.delete(id);
}

/** A row without lines keeps those that are held, if nothing happened in between. */
function joined(before: Held | undefined, next: Held, isNewer: boolean): Lines | undefined {
  const old = before?.level === "full" ? before.lines : undefined;
  const fresh = next.level === "full" ? next.lines : undefined;
  // What is told of them makes no revision: an answer may be older than what is held.
  const coaching = bothNotes(old?.coaching, fresh?.coaching);
  if (!isNewer || old === undefined) {
    const either = fresh ?? old;
    return either === undefined ? undefined : { ...either, ...coaching };
  }
  if (fresh === undefined) {
    const isSame = before !== undefined && headOf(before).revision === headOf(next).revision;
    return isSame ? old : undefined;
  }
  // Older pages stay where the runs touch.
  const first = fresh.from_seq;
  const last = old.lines.at(-1)?.seq ?? 0;
  if (old.from_seq >= first || last + 1 < first) {
    return { ...fresh, ...coaching, changes: old.changes };
  }
  const notes = new Map([...old.notes, ...fresh.notes].map((note) => [note.id, note]));
  return {
    from_seq: old.from_seq,
    lines: [...old.lines.filter((line) => line.seq < first), ...fresh.lines],
    notes: [...notes.values()].sort((a, b) => a.revision - b.revision),
    ...coaching,
    changes: old.changes,
  };
}

function rowOf(snapshot: Snapshot): Held {
  if (snapshot.level === "head") return snapshot;
  const { view, from_seq, lines, notes, coaching } = snapshot;
  const all: Lines = { from_seq, lines, notes, ...bothNotes(coaching), changes: [] };
  return { level: "full", view, lines: all };
}
