// What one event makes of a conversation and of its lines. Pure: by the same rules as
// `domain::fact::apply`.

import { isChange } from "./changes.ts";
import { type Full } from "./held.ts";
import { remindersAfter } from "./reminders.ts";
import type {
  Amendment,
  ContactCard,
  Event,
  Head,
  Id,
  LapsedOffer,
  Line,
  Note,
  View,
} from "../protocol.ts";

export function begun(id: Id, event: Event): View | undefined {
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
export function isUnderstood(event: Event): boolean {
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
export function advance(held: Full, event: Event): Full {
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
