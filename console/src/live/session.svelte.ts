// What the pages draw, and what they can do: ties the feed, the connection and the outbox to the
// browser's sockets, clocks and requests.

import { SUBPROTOCOL } from "../protocol.ts";
import type {
  Agent,
  Channel,
  ClientFrame,
  Command,
  CommandBody,
  CommandResults,
  ConversationPage,
  Event,
  Id,
  LeaseHolder,
  LinesPage,
  Me,
  MeChange,
  ServerFrame,
  Snapshot,
  SocketTicket,
  Team,
} from "../protocol.ts";
import { Acks } from "./acks.ts";
import { Fault, type Identity, identity, forgetIdentity, request, signOut } from "./api.ts";
import {
  type Feed,
  type Held,
  type Want,
  apply,
  applyConversation,
  applyOlder,
  applyRows,
  cursorOf,
  empty,
  endLoading,
} from "./feed.ts";
import { Keep } from "./keep.ts";
import { type Item, type Outcome, Outbox, opId } from "./outbox.ts";
import { type Effect, Link } from "./socket.ts";

export interface LiveDraft {
  agent: Id;
  text: string;
}
/** `left`: signed out in another tab of this browser. */
export type Ended = "signed_out" | "revoked" | "left";

/** Rows of a page, and pages of each status that are read at most. */
const PAGE_ROWS = 200;
const PAGES_MAX = 25;
const STATUSES = ["open", "waiting", "snoozed"] as const;
/** A connection that comes back within this time was never away, ms. */
const OFFLINE_AFTER_MS = 2_000;
const COMMANDS_AT_ONCE = 50;
/** Loads of colleagues are read so often where something moved, ms. */
const LOADS_MS = 1_500;

export class Desk {
  me: Me | undefined = $state.raw();
  agents: ReadonlyMap<Id, Agent> = $state.raw(new Map());
  teams: ReadonlyMap<Id, Team> = $state.raw(new Map());
  channels: ReadonlyMap<Id, Channel> = $state.raw(new Map());
  /** Grows with each batch of frames: whatever is drawn from the feed depends on it. */
  version = $state(0);
  leases: ReadonlyMap<Id, LeaseHolder> = $state.raw(new Map());
  drafts: ReadonlyMap<Id, LiveDraft> = $state.raw(new Map());
  viewing: ReadonlyMap<Id, Id[]> = $state.raw(new Map());
  online: ReadonlySet<Id> = $state.raw(new Set());
  /** Whether the rows are here: a count is blank before. */
  load: "first" | "done" | "partial" | "failed" = $state("first");
  isLive = $state(false);
  /** Whether this page is on the screen and has the focus: what is on it then was read. */
  isLooking = $state(isLooking());
  /** Offline for so long that it should be said. */
  isOffline = $state(false);
  /** This agent has too many windows: this one waits. */
  isCrowded = $state(false);
  /** Whether a number is connected; undefined until that is known. */
  hasNumber: boolean | undefined = $state();
  /** When the server was last heard, ms. */
  asOf = $state(Date.now());
  ended: Ended | undefined = $state();
  outbox: readonly Item[] = $state.raw([]);
  /** Whether what was written last is kept in this browser. */
  isKept = $state(true);
  /** The server's clock less this one's, ms. */
  skew = $state(0);
  keepMs = 4_000;

  private readonly feed: Feed = empty();
  private readonly link: Link;
  private readonly box: Outbox;
  readonly keep: Keep;
  private socket: WebSocket | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pump: ReturnType<typeof setTimeout> | undefined;
  private isDrawn = false;
  private readonly acks = new Acks();
  private acking: ReturnType<typeof setTimeout> | undefined;
  private loadings = 0;
  /** Whether an owner or a status changed since loads were read. */
  private isMoved = false;
  private view: Id | undefined;
  private readonly fetching = new Set<string>();
  private readonly listeners = new Set<(outcome: Outcome) => void>();
  private isStopped = false;

  constructor(readonly who: Identity) {
    this.keep = new Keep(who.workspace, who.agent_id);
    this.box = new Outbox(this.keep.outbox());
    this.outbox = this.box.items;
    this.link = new Link(
      who,
      () => cursorOf(this.feed),
      () => Math.random(),
    );
  }

  now(): number {
    return Date.now() + this.skew;
  }

  async start(): Promise<void> {
    window.addEventListener("online", this.nudge);
    document.addEventListener("visibilitychange", this.nudge);
    window.addEventListener("focus", this.acknowledge);
    window.addEventListener("blur", this.acknowledge);
    window.addEventListener("storage", this.otherTab);
    this.run(this.link.start(Date.now()));
    this.watch();
    await this.readMe();
  }

  stop() {
    this.isStopped = true;
    window.removeEventListener("online", this.nudge);
    document.removeEventListener("visibilitychange", this.nudge);
    window.removeEventListener("focus", this.acknowledge);
    window.removeEventListener("blur", this.acknowledge);
    window.removeEventListener("storage", this.otherTab);
    clearTimeout(this.acking);
    clearTimeout(this.timer);
    clearTimeout(this.pump);
    this.run(this.link.stop());
  }

  private readonly nudge = () => {
    if (document.visibilityState === "visible") this.run(this.link.nudge(Date.now()));
    this.acknowledge();
  };

  private readonly otherTab = () => {
    if (identity() === undefined) this.end("left");
  };

  // What is held.

  get(id: Id): Held | undefined {
    void this.version;
    return this.feed.held.get(id);
  }

  all(): IterableIterator<Held> {
    void this.version;
    return this.feed.held.values();
  }

  agentName(id: Id): string {
    return this.agents.get(id)?.name ?? "…";
  }

  teamName(id: Id): string {
    return this.teams.get(id)?.name ?? "…";
  }

  get myTeams(): Id[] {
    return this.me?.agent.teams.map((team) => team.team_id) ?? [];
  }

  supervises(team: Id): boolean {
    const agent = this.me?.agent;
    if (agent?.role === "admin") return true;
    const isOver = agent?.teams.some((one) => one.team_id === team && one.kind === "supervisor");
    return agent?.role === "supervisor" && isOver === true;
  }

  // What is done.

  /** Sends a command, or keeps it until it can be sent. */
  act(conversation_id: Id, body: CommandBody, retry_of?: Id): Id {
    const op_id = opId(this.now(), crypto.getRandomValues(new Uint8Array(16)));
    const command: Command = {
      op_id,
      conversation_id,
      ...(retry_of === undefined ? {} : { retry_of }),
      ...body,
    };
    this.box.add(command, Date.now());
    this.changed();
    void this.flush();
    return op_id;
  }

  /** Takes something out of the outbox: before it left, or after a person decided. */
  drop(op_id: Id) {
    this.box.remove(op_id);
    this.changed();
  }

  onOutcome(listener: (outcome: Outcome) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  tell(frame: ClientFrame) {
    this.run(this.link.send(frame));
  }

  /** What is on the screen. */
  look(conversation: Id | undefined) {
    if (this.view === conversation) return;
    this.view = conversation;
    this.tell({ type: "view", conversation_id: conversation ?? null });
  }

  markRead(id: Id, seq: number) {
    const command: Command = {
      op_id: opId(this.now(), crypto.getRandomValues(new Uint8Array(16))),
      conversation_id: id,
      type: "mark_read",
      seq,
    };
    // Not worth keeping: the next look marks it again.
    request<CommandResults>("POST", "/commands", [command]).catch(() => undefined);
  }

  async open(id: Id): Promise<"here" | "gone" | "failed"> {
    const held = this.feed.held.get(id);
    if (held?.level === "full" && held.lines !== undefined) return "here";
    if (held?.level === "head") return "here";
    return this.fetchConversation(id);
  }

  async older(id: Id): Promise<void> {
    const held = this.feed.held.get(id);
    const from = held?.level === "full" ? (held.lines?.from_seq ?? 1) : 1;
    if (from <= 1) return;
    const path = `/conversations/${id}/messages?before=${from}&limit=50`;
    const page = await request<LinesPage>("GET", path);
    // A page has its newest notes: the others are asked for until there are none.
    for (let before = page.notes_before; before !== undefined; ) {
      const more = await request<LinesPage>("GET", `${path}&notes_before=${before}`);
      page.notes.unshift(...more.notes);
      before = more.notes_before;
    }
    applyOlder(this.feed, id, page);
    this.draw();
  }

  /** Reads something that is not held here. */
  ask<T>(path: string): Promise<T> {
    return request<T>("GET", path);
  }

  /** Changes a setting, and reads anew what it may have changed. */
  async set(method: "POST" | "PATCH" | "PUT" | "DELETE", path: string, body?: unknown) {
    await request<unknown>(method, path, body);
    if (path.startsWith("/sessions") || path.startsWith("/me/")) return;
    const about = path.split("/")[1];
    if (about === "channels") await this.fetchChannels();
    else await Promise.all([this.fetchPeople(), this.fetchTeams()]);
  }

  /** Customers by a part of their name or number, as they were when they were asked for. */
  async find(q: string, page?: string): Promise<{ rows: Held[]; next: string | undefined }> {
    const query = new URLSearchParams({ q, limit: "30", ...(page === undefined ? {} : { page }) });
    const { conversations, next } = await request<ConversationPage>(
      "GET",
      `/conversations?${query}`,
    );
    const rows = conversations.map((row): Held =>
      row.level === "head" ? row : { level: "full", view: row.view },
    );
    return { rows, next };
  }

  /** Keeps the loads of colleagues up to date until the answer is called. */
  watchLoads(): () => void {
    void this.fetchPeople();
    const timer = setInterval(() => {
      if (this.isLive && document.visibilityState === "visible" && this.isMoved) {
        this.isMoved = false;
        void this.fetchPeople();
      }
    }, LOADS_MS);
    return () => clearInterval(timer);
  }

  async change(change: MeChange): Promise<void> {
    this.me = await request<Me>("PATCH", "/me", change);
  }

  /** Signs out and wipes what this browser kept of the agent. */
  async leave(): Promise<void> {
    await signOut();
    this.wipe();
    this.stop();
  }

  private wipe() {
    this.box.items = [];
    this.keep.wipe();
    forgetIdentity();
  }

  // The connection.

  private run(effects: Effect[]) {
    for (const effect of effects) this.carryOut(effect);
    clearTimeout(this.timer);
    const { due } = this.link;
    if (due !== undefined && !this.isStopped) {
      const wait = Math.max(0, due - Date.now());
      this.timer = setTimeout(() => this.run(this.link.tick(Date.now())), wait);
    }
    this.isLive = this.link.state === "live";
    this.isCrowded = this.link.isCrowded;
  }

  private carryOut(effect: Effect) {
    switch (effect.do) {
      case "ticket":
        void this.fetchTicket();
        break;
      case "open":
        this.openSocket();
        break;
      case "send":
        this.socket?.send(JSON.stringify(effect.frame));
        break;
      case "close":
        this.socket?.close();
        this.socket = undefined;
        break;
      case "frame":
        this.take(effect.frame);
        break;
      case "over":
        this.end(effect.why);
        break;
    }
  }

  private async fetchTicket() {
    try {
      const { ticket } = await request<SocketTicket>("POST", "/socket-tickets");
      this.run(this.link.ticket(ticket, Date.now()));
    } catch (error) {
      this.run(this.link.noTicket(whyNot(error), Date.now()));
    }
  }

  private openSocket() {
    const address = `${location.origin.replace(/^http/, "ws")}/api/v1/socket`;
    const socket = new WebSocket(address, SUBPROTOCOL);
    const isCurrent = () => this.socket === socket;
    this.socket = socket;
    socket.onopen = () => isCurrent() && this.run(this.link.opened(Date.now()));
    socket.onmessage = ({ data }) =>
      isCurrent() && this.run(this.link.text(String(data), Date.now()));
    socket.onclose = ({ code, reason }) => {
      if (!isCurrent()) return;
      this.socket = undefined;
      this.run(this.link.closed(code, reason, Date.now()));
    };
  }

  private end(why: Ended) {
    if (why === "revoked") this.wipe();
    this.ended = why;
    this.stop();
  }

  private take(frame: ServerFrame) {
    this.asOf = Date.now();
    switch (frame.type) {
      case "welcome":
        this.greet(frame);
        break;
      case "lease":
        this.leases = withEntry(this.leases, frame.conversation_id, frame.holder ?? undefined);
        if (frame.holder === null) {
          this.drafts = withEntry(this.drafts, frame.conversation_id, undefined);
        }
        break;
      case "draft": {
        const draft = { agent: frame.agent_id, text: frame.text };
        this.drafts = withEntry(this.drafts, frame.conversation_id, draft);
        break;
      }
      case "viewing":
        this.viewing = withEntry(this.viewing, frame.conversation_id, frame.agents);
        break;
      case "presence": {
        const online = new Set(this.online);
        for (const { agent_id, online: isOn } of frame.agents) {
          if (isOn) online.add(agent_id);
          else online.delete(agent_id);
        }
        this.online = online;
        break;
      }
      default:
        this.isMoved ||= frame.type === "events" && frame.events.some(isMove);
        this.wanted(apply(this.feed, frame));
        this.draw();
        this.acknowledge();
    }
  }

  private greet(frame: ServerFrame & { type: "welcome" }) {
    this.skew = Date.parse(frame.server_time) - Date.now();
    this.keepMs = frame.timings.lease_keep_ms;
    this.wanted(apply(this.feed, frame));
    // What was true only then.
    [this.leases, this.drafts, this.viewing] = [new Map(), new Map(), new Map()];
    this.online = new Set();
    this.isLive = true;
    this.isOffline = false;
    this.box.hurry();
    void this.flush();
    queueMicrotask(() => {
      this.tell({ type: "presence", watch: true });
      this.tell({ type: "view", conversation_id: this.view ?? null });
      this.acks.lost();
      this.acknowledge();
    });
  }

  /** Tells how far this page has come and whether somebody looks, when that is due. */
  private readonly acknowledge = () => {
    clearTimeout(this.acking);
    this.isLooking = isLooking();
    if (this.link.state !== "live" || this.isStopped) return;
    this.acks.set(this.feed.position, this.isLooking);
    const frame = this.acks.tick(Date.now());
    if (frame !== undefined) this.tell(frame);
    const { due } = this.acks;
    if (due === undefined) return;
    this.acking = setTimeout(this.acknowledge, Math.max(0, due - Date.now()));
  };

  /** Frames of one animation frame are drawn at once. */
  private draw() {
    if (this.isDrawn) return;
    this.isDrawn = true;
    const now = () => {
      if (!this.isDrawn) return;
      this.isDrawn = false;
      this.version += 1;
    };
    requestAnimationFrame(now);
    // A page in the background gets no frames.
    setTimeout(now, 100);
  }

  private watch() {
    if (this.isStopped) return;
    const { downSince } = this.link;
    this.isOffline = downSince !== undefined && Date.now() - downSince > OFFLINE_AFTER_MS;
    setTimeout(() => this.watch(), 500);
  }

  // What has to be fetched.

  private wanted(wants: Want[]) {
    for (const want of wants) {
      switch (want.kind) {
        case "resume":
          this.run(this.link.resume(Date.now()));
          break;
        case "load":
          setTimeout(() => void this.loadRows(), want.after_ms);
          break;
        case "conversation":
          void this.fetchConversation(want.id);
          break;
        case "agents":
          void this.fetchPeople();
          break;
        case "teams":
          void this.fetchTeams();
          break;
        case "channels":
          void this.fetchChannels();
          break;
      }
    }
  }

  private async readMe() {
    await this.fetchOnce("me", async () => {
      this.me = await request<Me>("GET", "/me");
    });
  }

  private async fetchPeople() {
    await this.fetchOnce("agents", async () => {
      this.agents = byId(await request<Agent[]>("GET", "/agents"));
      this.me = await request<Me>("GET", "/me");
    });
  }

  private async fetchTeams() {
    await this.fetchOnce("teams", async () => {
      this.teams = byId(await request<Team[]>("GET", "/teams"));
    });
  }

  private async fetchChannels() {
    await this.fetchOnce("channels", async () => {
      this.channels = byId(await request<Channel[]>("GET", "/channels"));
      this.hasNumber = this.channels.size > 0;
    });
  }

  /** The same is not asked for twice at once; what fails is asked for again. */
  private async fetchOnce(name: string, fetch: () => Promise<void>): Promise<void> {
    if (this.fetching.has(name) || this.isStopped) return;
    this.fetching.add(name);
    try {
      await fetch();
    } catch (error) {
      if (error instanceof Fault && error.status < 500 && error.status !== 429) return;
      setTimeout(() => void this.fetchOnce(name, fetch), 3_000);
    } finally {
      this.fetching.delete(name);
    }
  }

  private async fetchConversation(id: Id): Promise<"here" | "gone" | "failed"> {
    try {
      const snapshot = await request<Snapshot>("GET", `/conversations/${id}`);
      this.wanted(applyConversation(this.feed, id, snapshot));
      return "here";
    } catch (error) {
      if (!(error instanceof Fault) || error.status !== 404) return "failed";
      this.wanted(applyConversation(this.feed, id, undefined));
      return "gone";
    } finally {
      this.draw();
    }
  }

  /** Reads the rows of what is not resolved. A reset in between begins anew. */
  async loadRows(): Promise<void> {
    this.loadings += 1;
    const mine = this.loadings;
    this.feed.loading ??= { left: new Set(), seen: new Set(), marks: new Map() };
    let isWhole = true;
    try {
      for (const status of STATUSES) {
        isWhole = (await this.loadStatus(status, mine)) && isWhole;
        if (mine !== this.loadings) return;
      }
    } catch {
      if (mine !== this.loadings || this.isStopped) return;
      this.load = "failed";
      setTimeout(() => mine === this.loadings && void this.loadRows(), 5_000);
      return;
    }
    this.wanted(endLoading(this.feed, isWhole));
    this.load = isWhole ? "done" : "partial";
    const { view } = this;
    if (view !== undefined) void this.open(view);
    this.draw();
  }

  private async loadStatus(status: string, mine: number): Promise<boolean> {
    let page = "";
    for (let n = 0; n < PAGES_MAX; n += 1) {
      const path = `/conversations?status=${status}&limit=${PAGE_ROWS}${page}`;
      const { conversations, next } = await request<ConversationPage>("GET", path);
      if (mine !== this.loadings) return false;
      applyRows(this.feed, conversations);
      this.draw();
      if (next === undefined) return true;
      page = `&page=${next}`;
    }
    return false;
  }

  // The outbox.

  private changed() {
    this.outbox = this.box.items;
    this.isKept = this.keep.keepOutbox(this.box.items);
  }

  private async flush(): Promise<void> {
    clearTimeout(this.pump);
    if (this.isStopped) return;
    const items = this.box.due(Date.now()).slice(0, COMMANDS_AT_ONCE);
    if (items.length === 0) return this.flushLater();
    this.box.sending(items);
    this.changed();
    try {
      const commands = items.map((item) => item.command);
      const { results } = await request<CommandResults>("POST", "/commands", commands);
      const outcomes = results.map((result) => this.box.answered(result, Date.now()));
      this.changed();
      for (const outcome of outcomes) if (outcome !== undefined) this.told(outcome);
    } catch (error) {
      const wait = error instanceof Fault ? error.problem.retry_after_ms : undefined;
      this.box.failed(items, Date.now(), wait);
      this.changed();
      if (error instanceof Fault && error.status === 401) this.end(sessionEnd(error));
    }
    return this.flush();
  }

  private flushLater() {
    const next = this.box.next();
    if (next === undefined) return;
    this.pump = setTimeout(() => void this.flush(), Math.max(50, next - Date.now()));
  }

  private told(outcome: Outcome) {
    for (const listener of this.listeners) listener(outcome);
  }
}

function isLooking(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}

/** Whether it changes how much somebody has. */
function isMove({ type }: Event): boolean {
  return type === "owner_changed" || type === "status_changed" || type === "head_changed";
}

function sessionEnd(fault: Fault): Exclude<Ended, "left"> {
  return fault.code === "device_revoked" ? "revoked" : "signed_out";
}

function whyNot(error: unknown): "retry" | Exclude<Ended, "left"> {
  return error instanceof Fault && error.status === 401 ? sessionEnd(error) : "retry";
}

function byId<T extends { id: Id }>(all: T[]): ReadonlyMap<Id, T> {
  return new Map(all.map((one) => [one.id, one]));
}

function withEntry<T>(map: ReadonlyMap<Id, T>, id: Id, value: T | undefined): ReadonlyMap<Id, T> {
  const next = new Map(map);
  if (value === undefined) next.delete(id);
  else next.set(id, value);
  return next;
}

/** The desk of whoever is signed in here. */
export function deskHere(): Desk | undefined {
  const who = identity();
  return who === undefined ? undefined : new Desk(who);
}

