// What concerns this agent: read again when something happened that may have changed it, and not
// too often. What is new since it was read first is told to whoever listens.

import type {
  Event,
  Id,
  Notice,
  NoticePage,
  NoticesLeft,
  NumberNotice,
  ServerFrame,
} from "../protocol.ts";
import { Fault, request } from "./api.ts";

/** At most so often, ms. */
const PAUSE_MS = 500;
/** What could not be read is asked for again after this time, ms. */
const AGAIN_MS = 15_000;
const ROWS = 30;

export class Notices {
  /** How many are not read; undefined before that is known. */
  unread: number | undefined = $state();
  /** The newest. */
  rows: readonly Notice[] = $state.raw([]);
  /** Numbers that stand otherwise, for admins and supervisors. */
  numbers: readonly NumberNotice[] = $state.raw([]);
  /** Older ones begin here. */
  before: number | undefined = $state();

  private known: number | undefined;
  private readAt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isStopped = false;
  private readonly listeners = new Set<(fresh: Notice[], numbers: NumberNotice[]) => void>();

  constructor(private readonly me: Id) {}

  stop() {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  /** How many are not read, those of numbers included. */
  get count(): number {
    return (this.unread ?? 0) + this.numbers.filter((one) => !one.read).length;
  }

  /** Tells what is new and not read. */
  onNews(listener: (fresh: Notice[], numbers: NumberNotice[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  heard(frame: ServerFrame) {
    if (concerns(frame, this.me, this.unread ?? 0)) this.soon();
  }

  soon() {
    if (this.timer !== undefined || this.isStopped) return;
    const wait = Math.max(0, this.readAt + PAUSE_MS - Date.now());
    this.timer = setTimeout(() => void this.read(), wait);
  }

  async read() {
    this.timer = undefined;
    const askedAt = (this.readAt = Date.now());
    try {
      const page = await request<NoticePage>("GET", `/notices?limit=${ROWS}`);
      // A slow answer says less than the one that was asked for after it.
      if (this.readAt === askedAt) this.take(page);
    } catch (error) {
      if (error instanceof Fault && error.status < 500 && error.status !== 429) return;
      this.readAt = Date.now() + AGAIN_MS - PAUSE_MS;
      this.soon();
    }
  }

  private take({ notices, unread, before, numbers = [] }: NoticePage) {
    const fresh = notices.filter((one) => !one.read && one.position > (this.known ?? Infinity));
    const of = new Map(this.numbers.map((one) => [one.channel_id, one.at]));
    const told = numbers.filter(
      (one) => this.known !== undefined && !one.read && of.get(one.channel_id) !== one.at,
    );
    this.numbers = numbers;
    this.known = Math.max(this.known ?? 0, ...notices.map((one) => one.position));
    this.rows = notices;
    this.unread = unread;
    this.before = before;
    if (fresh.length + told.length === 0) return;
    for (const listener of this.listeners) listener(fresh, told);
  }

  async older() {
    if (this.before === undefined) return;
    const { notices, unread, before } = await request<NoticePage>(
      "GET",
      `/notices?limit=${ROWS}&before=${this.before}`,
    );
    const held = new Set(this.rows.map((one) => one.position));
    this.rows = [...this.rows, ...notices.filter((one) => !held.has(one.position))];
    this.unread = unread;
    this.before = before;
  }

  /** Says that those are read which are here; of one conversation, if it is named. */
  async seen(conversation_id?: Id) {
    const isMeant = (one: Notice) =>
      !one.read && (conversation_id === undefined || one.conversation.head.id === conversation_id);
    const numbers = conversation_id === undefined ? this.numbers.filter((one) => !one.read) : [];
    const meant = [...this.rows.filter(isMeant), ...numbers];
    if (meant.length === 0) return;
    const which = conversation_id === undefined ? {} : { conversation_id };
    const body = { up_to: Math.max(...meant.map((one) => one.position)), ...which };
    this.rows = this.rows.map((one) => (isMeant(one) ? { ...one, read: true } : one));
    if (numbers.length > 0) this.numbers = this.numbers.map((one) => ({ ...one, read: true }));
    try {
      this.unread = (await request<NoticesLeft>("POST", "/notices/read", body)).unread;
    } catch {
      // What is not read is told again.
      this.soon();
    }
  }
}

/** Whether a frame may have changed what concerns this agent, who has not read so many. */
export function concerns(frame: ServerFrame, me: Id, unread: number): boolean {
  switch (frame.type) {
    case "welcome":
    case "reset":
      return true;
    case "entered":
    case "left":
      return unread > 0;
    case "events":
      return frame.events.some((event) => isOf(event, me, unread));
    default:
      return false;
  }
}

function isOf(event: Event, me: Id, unread: number): boolean {
  const by = event.actor.kind === "agent" ? event.actor.id : undefined;
  switch (event.type) {
    case "note_added":
      return (event.mentions ?? []).includes(me) || (by === me && unread > 0);
    case "channel_changed":
      return true;
    case "followed":
      return event.agent_id === me && by !== me;
    // They may call the owner or supervisors: the server knows whom.
    case "rule_ran":
      return (event.did ?? []).some((step) => step.do.startsWith("notify"));
    case "clock_due":
      return event.clock.kind === "warned" || event.clock.kind === "breached";
    case "priority_changed":
      return event.priority === "urgent";
    case "routed":
      return event.agent_id === null;
    case "reminder_ended":
      return event.agent_id === me;
    case "owner_changed":
      if (event.cause === "absent" || event.cause === "unreachable") return true;
      return (event.owner.kind === "agent" && event.owner.id === me && by !== me) || unread > 0;
    case "message_changed":
      return ["failed", "held", "unconfirmed"].includes(event.status) || unread > 0;
    case "read_marked":
    case "line_written":
    case "status_changed":
      return unread > 0;
    default:
      return false;
  }
}
