// What this browser holds of its scope, folded from what the server tells. No I/O, no clock: the
// same rules as `domain::mirror`, so that whoever was away ends where those ended who stayed.
//
// Lines are held only of conversations that were opened; rows of all that were listed.

import { isChange } from "./changes.ts";
import { remindersAfter } from "./reminders.ts";
import type {
  Amendment,
  CoachNote,
  ContactCard,
  ConversationRow,
  Event,
  Head,
  Id,
  LapsedOffer,
  Line,
  LinesPage,
  Note,
  ServerFrame,
  Snapshot,
  View,
} from "../protocol.ts";

/** The lines that are held of a conversation: one unbroken run up to its last. */
export interface Lines {
  from_seq: number;
  /** By seq. */
  lines: Line[];
  /** By revision. */
  notes: Note[];
  /** By position. */
  coaching?: CoachNote[];
  /** Who handed it over, why, and so on: by revision, live only. */
  changes: Change[];
}

/** What happened between lines, told as a line of the system's. */
export interface Change {
  revision: number;
  at: string;
  event: Event;
}

/** What decides about views of a conversation whose row was not read yet. */
export interface Slim {
  customer_seq: number;
  read_seq: number;
  /** ms */
  window_until: number | null;
  isFollowed: boolean;
  tags?: readonly Id[] | undefined;
  language?: string | undefined;
}

export type Held =
  | { level: "head"; head: Head }
  /** Its row is read when it comes into sight. */
  | { level: "packed"; head: Head; slim: Slim }
  | { level: "full"; view: View; lines?: Lines };

/** Conversations by id, and which of them changed since that was asked. */
export class HeldMap extends Map<Id, Held> {
  private changed = new Set<Id>();

  override set(id: Id, held: Held): this {
    this.changed.add(id);
    return super.set(id, held);
  }
  override delete(id: Id): boolean {
    this.changed.add(id);
    return super.delete(id);
  }
  takeChanged(): ReadonlySet<Id> {
    const { changed } = this;
    this.changed = new Set();
    return changed;
  }
}

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

export const headOf = (held: Held): Head => (held.level === "full" ? held.view.head : held.head);

/** Lines of the customer that this agent has not read. */
export function unreadOf(held: Held): number {
  if (held.level === "head") return 0;
  const { customer_seq } = held.level === "full" ? held.view.thread : held.slim;
  return Math.max(0, customer_seq - readOf(held));
}

/** Those of them that are to be read: neither what was taken back nor that it was. Lines that are
 * not held count as said. */
export function unreadLinesOf(held: Held): number {
  if (held.level !== "full" || held.lines === undefined) return unreadOf(held);
  const { from_seq, lines } = held.lines;
  const upto = held.view.thread.customer_seq;
  const first = readOf(held) + 1;
  const notHeld = Math.max(0, Math.min(from_seq, upto + 1) - first);
  const isSaid = ({ seq, author, kind, amended }: Line): boolean =>
    seq >= first &&
    seq <= upto &&
    author.kind === "customer" &&
    kind !== "revocation" &&
    amended?.revoked === undefined;
  return notHeld + lines.filter(isSaid).length;
}

/** How far this agent has read. */
function readOf(held: Held | undefined): number {
  if (held === undefined || held.level === "head") return 0;
  return held.level === "full" ? held.view.read_seq : held.slim.read_seq;
}

/** A group has no window that could close. */
export const isGroup = (held: Held): boolean =>
  held.level === "full" && held.view.thread.kind === "group";

/** The end of the window, ms; null before the customer ever wrote. */
export function windowUntil(held: Exclude<Held, { level: "head" }>): number | null {
  if (held.level === "packed") return held.slim.window_until;
  const { window_until: until } = held.view.thread;
  return until === null ? null : Date.parse(until);
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

function begun(id: Id, event: Event): View | undefined {
  if (event.type !== "conversation_opened") return undefined;
  const contact: ContactCard = { name: null, phone: null };
  return {
    head: {
      id,
      channel_id: event.channel_id,
      team_id: event.team_id,
      owner: { kind: "queue", id: event.team_id },
      owner_epoch: 1,
      status: { kind: "open" },
      episode: 0,
      revision: event.revision ?? 1,
      last_seq: 0,
      unanswered_since: null,
      activity_at: event.at,
    },
    thread: {
      contact_id: event.contact_id,
      last_line: null,
      customer_seq: 0,
      turn: null,
      window_until: null,
      last_agent: null,
      ...(event.kind === undefined ? {} : { kind: event.kind }),
    },
    contact,
    preview: null,
    read_seq: 0,
  };
}

type Full = Extract<Held, { level: "full" }>;

/** The facts that this page knows. A server that was updated since tells others. */
const FACTS: Record<Event["type"], true> = {
  conversation_opened: true,
  contact_changed: true,
  episode_opened: true,
  line_received: true,
  line_written: true,
  message_changed: true,
  file_changed: true,
  line_amended: true,
  line_understood: true,
  note_added: true,
  coached: true,
  owner_changed: true,
  status_changed: true,
  tagged: true,
  language_changed: true,
  priority_changed: true,
  followed: true,
  unfollowed: true,
  block_changed: true,
  person_changed: true,
  routed: true,
  offer_ended: true,
  rule_ran: true,
  clock_due: true,
  sla_applied: true,
  due_changed: true,
  bot_changed: true,
  surveyed: true,
  reminder_set: true,
  reminder_ended: true,
  marketing_changed: true,
  read_marked: true,
  unread_marked: true,
  agent_changed: true,
  team_changed: true,
  membership_changed: true,
  channel_changed: true,
  password_set: true,
  device_revoked: true,
  invitation_changed: true,
  setting_changed: true,
  head_changed: true,
};

const CONTENTS = ["line", "note", "contact", "reaction", "outcome"];
const AMENDMENTS: Record<Amendment["kind"], true> = {
  edited: true,
  revoked: true,
  reacted: true,
  forwarded: true,
  received: true,
};

/** Whether this page can make something of all that an event says. */
function isUnderstood(event: Event): boolean {
  if (!(event.type in FACTS)) return false;
  if (event.type === "line_amended" && !(event.amendment.kind in AMENDMENTS)) return false;
  return event.content === undefined || CONTENTS.some((name) => name in (event.content ?? {}));
}

const LATE_YES_MS = 120_000;
const LAPSED_MAX = 4;

/** Offers that ended a moment ago, with another one. */
function lapsed(before: readonly LapsedOffer[], of: LapsedOffer): LapsedOffer[] {
  const isLate = (one: LapsedOffer) => Date.parse(of.at) - Date.parse(one.at) >= LATE_YES_MS;
  return [...before.filter((one) => !isLate(one)).slice(-(LAPSED_MAX - 1)), of];
}

/** The next event of a conversation. */
function advance(held: Full, event: Event): Full {
  const head: Head = { ...held.view.head, revision: event.revision ?? held.view.head.revision };
  const thread = { ...held.view.thread };
  const view: View = { ...held.view, head, thread };
  const lines = held.lines === undefined ? undefined : { ...held.lines };
  const turned = (turn: View["thread"]["turn"]) => {
    thread.turn = turn;
    head.unanswered_since = turn?.since ?? null;
  };
  const reminders = remindersAfter(thread.reminders ?? [], event);
  if (reminders.length === 0) delete thread.reminders;
  else thread.reminders = reminders;
  switch (event.type) {
    case "episode_opened":
      head.episode = event.episode;
      head.status = { kind: "open" };
      delete head.priority;
      retag(
        thread,
        (thread.tags ?? []).filter((on) => on.lasting === true),
      );
      break;
    case "due_changed":
      delete head.due_at;
      if (event.due_at !== undefined) head.due_at = event.due_at;
      break;
    case "line_received":
    case "line_written": {
      const line = lineOf(event);
      head.last_seq = line.seq;
      head.activity_at = event.at;
      thread.last_line = event.line;
      if (event.type === "line_received") {
        // What somebody says who is blocked waits for nobody to read it.
        if (event.turn !== null) thread.customer_seq = line.seq;
        thread.window_until = event.window_until;
      } else if (event.author.kind === "agent" && event.bot !== true) {
        thread.last_agent = event.author.id;
      }
      turned(event.turn);
      const all = [...(lines?.lines ?? []), line];
      view.preview = unsaid(all, line);
      if (lines !== undefined) lines.lines = line.kind === "edit" ? hidden(all) : all;
      break;
    }
    case "message_changed": {
      turned(event.turn);
      if (event.last_answer !== undefined) thread.last_agent = event.last_answer.agent_id ?? null;
      const change = (line: Line) => (line.id === event.line.id ? changed(line, event) : line);
      if (view.preview !== null) view.preview = change(view.preview);
      if (lines !== undefined) lines.lines = lines.lines.map(change);
      break;
    }
    case "file_changed": {
      const { file } = event;
      const change = (line: Line) =>
        line.id !== event.line.id || line.amended?.revoked !== undefined ? line : { ...line, file };
      if (view.preview !== null) view.preview = change(view.preview);
      if (lines !== undefined) lines.lines = lines.lines.map(change);
      break;
    }
    case "line_amended": {
      const change = (line: Line) => (line.id === event.line.id ? amended(line, event) : line);
      const all = lines?.lines.map(change) ?? [];
      if (view.preview !== null) view.preview = unsaid(all, change(view.preview));
      if (lines !== undefined) lines.lines = event.amendment.kind === "revoked" ? hidden(all) : all;
      break;
    }
    case "line_understood": {
      const change = (line: Line) => (line.id === event.line.id ? understood(line, event) : line);
      if (view.preview !== null) view.preview = change(view.preview);
      if (lines !== undefined) lines.lines = lines.lines.map(change);
      break;
    }
    case "note_added":
      if (lines !== undefined) lines.notes = [...lines.notes, noteOf(event)];
      break;
    case "owner_changed":
      head.owner = event.owner;
      if (event.owner.kind === "agent") {
        delete head.orphaned_at;
        delete thread.lapsed;
      } else if (event.cause === "absent" || event.cause === "unreachable")
        head.orphaned_at = event.at;
      head.owner_epoch = event.owner_epoch;
      head.team_id = event.team_id;
      // Owning is no answer: earlier servers took it for one.
      if (event.owner.kind === "agent" && event.keeps_last !== true)
        thread.last_agent = event.owner.id;
      break;
    case "status_changed":
      head.status = event.status;
      if (event.status.kind === "resolved") delete head.orphaned_at;
      turned(event.turn);
      break;
    case "tagged": {
      const { added = [], removed = [] } = event;
      const gone = new Set([...removed, ...added.map(({ tag }) => tag)]);
      const rest = (thread.tags ?? []).filter(({ tag }) => !gone.has(tag));
      retag(
        thread,
        [...rest, ...added].sort((a, b) => (a.tag < b.tag ? -1 : 1)),
      );
      break;
    }
    case "followed":
      thread.followers = [...new Set([...(thread.followers ?? []), event.agent_id])].sort();
      break;
    case "unfollowed":
      thread.followers = (thread.followers ?? []).filter((id) => id !== event.agent_id);
      break;
    case "priority_changed":
      delete head.priority;
      if (event.priority !== "normal") head.priority = event.priority;
      break;
    case "language_changed":
      if (event.language === null) delete thread.language;
      else thread.language = event.language;
      break;
    case "marketing_changed":
      thread.marketing = event.marketing;
      break;
    case "person_changed":
      thread.person = event.person;
      break;
    case "routed":
      if (event.offer === undefined || event.offer === null) delete thread.offer;
      else thread.offer = event.offer;
      break;
    case "offer_ended":
      if (thread.offer?.offer_id === event.offer_id) delete thread.offer;
      if (event.end === "missed" || event.end === "not_received") {
        const { offer_id, agent_id, at } = event;
        thread.lapsed = lapsed(thread.lapsed ?? [], { offer_id, agent_id, at });
      }
      break;
    case "block_changed":
      if (event.block === null) delete thread.block;
      else thread.block = event.block;
      break;
    case "contact_changed":
      view.contact =
        event.content !== undefined && "contact" in event.content
          ? event.content.contact
          : { name: null, phone: null };
      break;
    default:
      break;
  }
  if (isChange(event) && lines !== undefined) {
    lines.changes = [...lines.changes, { revision: head.revision, at: event.at, event }];
  }
  return lines === undefined ? { level: "full", view } : { level: "full", view, lines };
}

/** As the server tells it: none are not told. */
function retag(thread: View["thread"], tags: NonNullable<View["thread"]["tags"]>) {
  if (tags.length === 0) delete thread.tags;
  else thread.tags = tags;
}

/** An edit says nothing where the line that it is of was taken back. */
function unsaid(all: Line[], line: Line): Line {
  const of = line.kind === "edit" ? all.find((one) => one.id === line.quoted) : undefined;
  if (of?.amended?.revoked === undefined) return line;
  const { file: _file, ...rest } = line;
  return { ...rest, content: {} };
}
const hidden = (all: Line[]): Line[] => all.map((line) => unsaid(all, line));

function lineOf(event: Event & { type: "line_received" | "line_written" }): Line {
  const { content } = event;
  return {
    seq: event.line.seq,
    id: event.line.id,
    author: event.type === "line_received" ? { kind: "customer" } : event.author,
    kind: event.kind,
    at: event.said_at,
    content: content !== undefined && "line" in content ? content.line : { erased: true },
    ...(event.quoted === undefined ? {} : { quoted: event.quoted }),
    ...(event.type === "line_written" ? written(event) : {}),
  };
}

function written(event: Event & { type: "line_written" }): Partial<Line> {
  return {
    status: event.status,
    ...(event.op_id === null ? {} : { op_id: event.op_id }),
    ...(event.device_id === null ? {} : { device_id: event.device_id }),
    ...(event.leaves_at === undefined ? {} : { leaves_at: event.leaves_at }),
  };
}

function changed(line: Line, event: Event & { type: "message_changed" }): Line {
  const { held: _held, error: _error, leaves_at: _leaves, ...rest } = line;
  return {
    ...rest,
    status: event.status,
    ...(event.held === undefined ? {} : { held: event.held }),
    ...(event.error === undefined ? {} : { error: event.error }),
  };
}

function understood(line: Line, event: Event & { type: "line_understood" }): Line {
  const { kind, content } = event;
  if (line.amended?.revoked !== undefined) return { ...line, kind };
  const said = content !== undefined && "line" in content ? content.line : { erased: true };
  return { ...line, kind, content: said };
}

function amended(line: Line, event: Event & { type: "line_amended" }): Line {
  const { amendment, content } = event;
  const before = line.amended ?? {};
  switch (amendment.kind) {
    case "edited":
      return {
        ...line,
        amended: { ...before, edited: { line: amendment.line, at: amendment.at } },
      };
    case "revoked": {
      const revoked = { line: amendment.line, at: amendment.at };
      const { file: _file, ...rest } = line;
      return { ...rest, content: {}, amended: { ...before, revoked } };
    }
    case "reacted": {
      const isOfCustomer = amendment.by.kind === "customer";
      const others = (before.reactions ?? []).filter(
        (reaction) => (reaction.by.kind === "customer") !== isOfCustomer,
      );
      const emoji = content !== undefined && "reaction" in content ? content.reaction : {};
      const reaction = { by: amendment.by, at: amendment.at, ...emoji };
      return { ...line, amended: { ...before, reactions: [...others, reaction] } };
    }
    case "forwarded":
      return { ...line, amended: { ...before, forwarded: (before.forwarded ?? 0) + 1 } };
    case "received": {
      const { participant, status, at } = amendment;
      const others = (before.receipts ?? []).filter((one) => one.participant !== participant);
      const receipts = [...others, { participant, status, at }];
      return { ...line, amended: { ...before, receipts } };
    }
  }
}

function noteOf(event: Event & { type: "note_added" }): Note {
  const note =
    event.content !== undefined && "note" in event.content ? event.content.note : undefined;
  return {
    id: event.note_id,
    conversation_id: event.conversation_id ?? "",
    author: event.author,
    at: event.at,
    revision: event.revision ?? 0,
    text: note?.text ?? null,
    ...(note?.quoted === undefined ? {} : { quoted: note.quoted }),
    op_id: event.op_id,
  };
}
