// What the pages draw, and what they can do: ties what is held, the connection and the outbox to
// each other, and to the window that somebody looks at.

import type {
  BeginNew,
  Begun,
  Channel,
  ClientFrame,
  Colleague,
  CommandBody,
  CommandResults,
  Id,
  LinesPage,
  Me,
  MeChange,
  SavedView,
  ServerFrame,
  Team,
} from "../protocol.ts";
import type { Hand } from "../rules.ts";
import { Acks, UNTOUCHED_MS } from "./acks.ts";
import { Attached } from "./attached.svelte.ts";
import { forget as forgetPushes } from "../push/browser.ts";
import { type Identity, forgetIdentity, identity, request, signOut } from "./api.ts";
import { Earlier } from "./earlier.svelte.ts";
import { Notices } from "./notices.svelte.ts";
import { type Colleagues, told, unknown } from "./colleagues.ts";
import { Connection, sessionEnd } from "./connection.svelte.ts";
import { Conversations } from "./conversations.svelte.ts";
import { type Want } from "./feed.ts";
import { type Held, headOf } from "./held.ts";
import { Keep } from "./keep.ts";
import type { Item, Outcome } from "./outbox.ts";
import { Sender } from "./sender.svelte.ts";
import { Settings } from "./settings.svelte.ts";
import { Shelf } from "./shelf.ts";
import { Link } from "./socket.ts";
import { Waiting } from "./waiting.svelte.ts";
import { Workspace } from "./workspace.svelte.ts";

/** `left`: signed out in another tab of this browser. */
export type Ended = "signed_out" | "revoked" | "left";

/** Loads of colleagues are read so often where something moved, ms. */
const LOADS_MS = 1_500;
/** The same while nothing moves, ms. */
const REACH_MS = 60_000;

export class Desk {
  /**
   * Whether this page is on the screen and has the focus, and somebody did something here in the
   * last minutes: what is on it then was read.
   */
  isLooking = $state(isInFront());
  /** When somebody did something here last, ms. */
  private touchedAt = Date.now();
  private hearsIdle = false;
  /** When the server was last heard, ms. */
  asOf = $state(Date.now());
  ended: Ended | undefined = $state();
  /** The server's clock less this one's, ms. */
  skew = $state(0);
  keepMs = 4_000;
  /** Messages that wait for a person. */
  readonly waiting = new Waiting();
  /** What concerns the agent. */
  readonly notices: Notices;
  /** What happened to conversations before they were held here. */
  readonly earlier = new Earlier((path) => request("GET", path));
  readonly settings = new Settings(() => this.conversations.epoch);

  private colleagues: Colleagues = $state.raw(unknown());
  private readonly workspace = new Workspace();
  private readonly conversations: Conversations;
  private readonly connection: Connection;
  private readonly sender: Sender;
  private readonly shelf: Shelf;
  private readonly acks = new Acks();
  private acking: ReturnType<typeof setTimeout> | undefined;
  private view: Id | undefined;
  private readonly stopping = new AbortController();
  private readonly leaving = new AbortController();

  constructor(
    readonly who: Identity,
    readonly keep: Keep,
    /** The files that go with drafts. */
    readonly attached = new Attached(),
  ) {
    this.notices = new Notices(who.agent_id);
    this.sender = new Sender(
      keep,
      () => this.now(),
      (fault) => this.end(sessionEnd(fault)),
    );
    this.conversations = new Conversations({
      want: (want) => this.fetch(want),
      open: () => this.view,
    });
    this.shelf = new Shelf(keep, {
      all: () => this.conversations.held(),
      scene: () => this.scene(),
    });
    const link = new Link(
      who,
      () => this.conversations.cursor,
      () => Math.random(),
    );
    this.connection = new Connection(link, {
      take: (frame) => this.take(frame),
      end: (why) => this.end(why),
    });
  }

  now(): number {
    return Date.now() + this.skew;
  }

  async start(): Promise<void> {
    const { signal } = this.stopping;
    const nudge = () => this.nudge();
    window.addEventListener("online", nudge, { signal });
    window.addEventListener("offline", () => this.connection.offline(), { signal });
    document.addEventListener("visibilitychange", nudge, { signal });
    window.addEventListener("focus", this.acknowledge, { signal });
    window.addEventListener("blur", this.acknowledge, { signal });
    for (const kind of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"]) {
      window.addEventListener(kind, this.touched, { signal, passive: true, capture: true });
    }
    // Until this page is left: who signs out elsewhere takes what it shows with them, also from
    // behind the dialog that asks to sign in again.
    window.addEventListener("storage", this.otherTab, { signal: this.leaving.signal });
    document.addEventListener("visibilitychange", () => void this.shelf.write(), { signal });
    this.conversations.onHeld(() => this.shelf.touch());
    void this.restore();
    this.connection.start();
    await this.workspace.readMe();
  }

  /** Until the server is heard, what is here is shown as it was. */
  private async restore(): Promise<void> {
    const found = await this.shelf.read();
    if (found === undefined || this.stopping.signal.aborted) return;
    const { scene, copies } = found;
    this.workspace.restore(scene);
    if (this.conversations.position !== undefined) return;
    this.asOf = scene.at;
    this.conversations.restore(scene.epoch, this.who.agent_id, copies);
  }

  /** What a page without a network shows; nothing before all of it was heard. */
  private scene() {
    const { epoch, load } = this.conversations;
    if (epoch === undefined || load === "first" || load === "failed") return undefined;
    return { epoch, at: this.asOf, ...this.workspace.scene() };
  }

  /** Stops for good: from now on a sign-out in another tab changes nothing here. */
  leave() {
    this.leaving.abort();
    this.stop();
    this.keep.close();
  }

  private stop() {
    this.stopping.abort();
    clearTimeout(this.acking);
    this.sender.stop();
    this.shelf.stop();
    this.workspace.stop();
    this.settings.stop();
    this.conversations.stop();
    this.waiting.stop();
    this.notices.stop();
    this.connection.stop();
  }

  private nudge() {
    if (document.visibilityState === "visible") this.connection.nudge();
    this.acknowledge();
  }

  private readonly otherTab = () => {
    if (identity() === undefined) this.end("left");
  };

  // Who is here, and what is held.

  get me(): Me | undefined {
    return this.workspace.me;
  }
  get agents(): ReadonlyMap<Id, Colleague> {
    return this.workspace.agents;
  }
  get teams(): ReadonlyMap<Id, Team> {
    return this.workspace.teams;
  }
  get areTeamsRead(): boolean {
    return this.workspace.areTeamsRead;
  }
  get channels(): ReadonlyMap<Id, Channel> {
    return this.workspace.channels;
  }
  get hasNumber(): boolean | undefined {
    return this.workspace.hasNumber;
  }
  get leases() {
    return this.colleagues.leases;
  }
  get drafts() {
    return this.colleagues.drafts;
  }
  get viewing() {
    return this.colleagues.viewing;
  }
  get online() {
    return this.colleagues.online;
  }
  get isLive(): boolean {
    return this.connection.isLive;
  }
  get isOffline(): boolean {
    return this.connection.isOffline;
  }
  get isCrowded(): boolean {
    return this.connection.isCrowded;
  }
  get load() {
    return this.conversations.load;
  }
  /** Whether what is held is all there is to count. */
  get isCounted(): boolean {
    return this.conversations.isCounted;
  }
  get outbox(): readonly Item[] {
    return this.sender.items;
  }
  get isKept(): boolean {
    return this.sender.isKept;
  }

  get(id: Id): Held | undefined {
    return this.conversations.get(id);
  }

  /** A row that the server told, as it stands now; where only its head is held, as it was told. */
  newer(told: Held): Held {
    const held = this.get(headOf(told).id);
    return held === undefined || held.level === "packed" ? told : held;
  }

  /** How many each view shows, as the server counted before the rows are here. */
  get counted(): ReadonlyMap<string, number> | undefined {
    return this.conversations.counted;
  }

  /** Names and last lines of these come as soon as they can. */
  need(ids: Iterable<Id>) {
    this.conversations.need(ids);
  }

  /** Reads the rows of these. */
  rows(ids: readonly Id[]): Promise<void> {
    return this.conversations.rows(ids);
  }

  all(): IterableIterator<Held> {
    return this.conversations.all();
  }

  /** As `all`, for figures that need not follow each frame. */
  allCalmly(): IterableIterator<Held> {
    return this.conversations.allCalmly();
  }

  /** Tells which conversations changed, before that is drawn; undefined for all of them. */
  onHeld(listener: (ids: ReadonlySet<Id> | undefined) => void): () => void {
    return this.conversations.onHeld(listener);
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
    return this.workspace.supervises(team);
  }

  /** Who acts here, for what the rules say of it. */
  get hand(): Hand {
    return {
      me: this.who.agent_id,
      teams: this.myTeams,
      supervises: (team) => this.supervises(team),
      team: (id) => this.teams.get(id),
      agent: (id) => this.agents.get(id),
    };
  }

  // What is done.

  /** Sends a command, or keeps it until it can be sent. */
  act(conversation_id: Id, body: CommandBody, retry_of?: Id): Id {
    const command = this.sender.commandOf(conversation_id, body, retry_of);
    void this.sender.add([command]);
    return command.op_id;
  }

  /**
   * The same for what somebody wrote: with it goes its draft. What is done then comes after it, one
   * behind the other: not without it.
   */
  say(conversation_id: Id, bodies: CommandBody[], then: CommandBody[] = []) {
    const commands = bodies.map((body) => this.sender.commandOf(conversation_id, body));
    for (const body of then) {
      const after = commands.at(-1)?.op_id;
      const command = this.sender.commandOf(conversation_id, body);
      commands.push(after === undefined ? command : { ...command, after });
    }
    void this.sender.add(commands, conversation_id);
    // What waits is read where it was written, also without a network.
    void this.shelf.write();
  }

  /** The same for several, which leave together; their op ids in the same order. */
  actAll(all: { id: Id; body: CommandBody }[]): Id[] {
    const commands = all.map(({ id, body }) => this.sender.commandOf(id, body));
    void this.sender.add(commands);
    return commands.map(({ op_id }) => op_id);
  }

  /** Takes something out of the outbox: before it left, or after a person decided. */
  drop(op_id: Id) {
    this.sender.drop(op_id);
  }

  /** Other words for a reply that waits for a person. */
  amend(op_id: Id, text: string) {
    this.sender.amend(op_id, text);
  }

  onOutcome(listener: (outcome: Outcome) => void): () => void {
    return this.sender.onOutcome(listener);
  }

  tell(frame: ClientFrame) {
    this.connection.tell(frame);
  }

  /** What is on the screen. */
  look(conversation: Id | undefined) {
    if (this.view === conversation) return;
    this.view = conversation;
    if (conversation !== undefined) {
      this.shelf.look(conversation);
      this.conversations.look(conversation);
    }
    this.tell({ type: "view", conversation_id: conversation ?? null });
  }

  markRead(id: Id, seq: number) {
    const command = this.sender.commandOf(id, { type: "mark_read", seq });
    // Not worth keeping: the next look marks it again.
    request<CommandResults>("POST", "/commands", [command]).catch(() => undefined);
  }

  open(id: Id): Promise<"here" | "gone" | "failed"> {
    return this.conversations.open(id);
  }

  /** Finds or begins the conversation with a number. May be repeated. */
  async begin(channel_id: Id, phone: string): Promise<Id> {
    const body: BeginNew = { channel_id, phone };
    return (await request<Begun>("POST", "/conversations", body)).conversation_id;
  }

  past(id: Id, page?: string): Promise<LinesPage> {
    return this.conversations.past(id, page);
  }

  older(id: Id, most?: number): Promise<void> {
    return this.conversations.older(id, most);
  }

  loadRows(): Promise<void> {
    return this.conversations.loadRows();
  }

  get views(): readonly SavedView[] {
    return this.workspace.views;
  }
  readViews() {
    return this.workspace.readViews();
  }
  async saveView(view: Omit<SavedView, "id" | "editable">) {
    await request("POST", "/saved-views", view);
    await this.workspace.readViews();
  }
  async changeView(id: Id, change: Partial<Pick<SavedView, "name" | "filter">>) {
    await request("PATCH", `/saved-views/${id}`, change);
    await this.workspace.readViews();
  }
  async dropView(id: Id) {
    await request("DELETE", `/saved-views/${id}`);
    await this.workspace.readViews();
  }
  find(wanted: URLSearchParams, page?: string) {
    return this.conversations.find(wanted, page);
  }
  words(wanted: URLSearchParams, kind: "messages" | "notes", page?: string) {
    return this.conversations.words(wanted, kind, page);
  }

  /** Reads something that is not held here. */
  ask<T>(path: string): Promise<T> {
    return request<T>("GET", path);
  }

  /** Changes a setting, and reads anew what it may have changed. */
  set(method: "POST" | "PATCH" | "PUT" | "DELETE", path: string, body?: unknown) {
    return this.workspace.set(method, path, body);
  }

  change(change: MeChange): Promise<void> {
    return this.workspace.changeMe(change);
  }

  /** Keeps the loads of colleagues up to date until the answer is called. */
  watchLoads(): () => void {
    let readAt = 0;
    const read = () => {
      readAt = Date.now();
      void this.workspace.readAgents();
    };
    read();
    const timer = setInterval(() => {
      if (!this.isLive || document.visibilityState !== "visible") return;
      // No event tells whether a push reaches somebody.
      if (this.conversations.hasMoved() || Date.now() - readAt > REACH_MS) read();
    }, LOADS_MS);
    return () => clearInterval(timer);
  }

  /** Signs out and wipes what this browser kept of the agent. */
  async signOut(): Promise<void> {
    await this.attached.giveUp();
    await signOut();
    await this.wipe();
    this.leave();
  }

  private async wipe(): Promise<void> {
    forgetIdentity();
    void forgetPushes().catch(() => undefined);
    await this.sender.wipe();
  }

  private end(why: Ended) {
    if (why === "revoked") void this.wipe();
    this.ended = why;
    if (why === "signed_out") this.stop();
    else this.leave();
  }

  // What the server says.

  private take(frame: ServerFrame) {
    this.asOf = Date.now();
    this.waiting.heard(frame);
    this.notices.heard(frame);
    if (frame.type === "welcome") {
      this.greet(frame);
      return;
    }
    const colleagues = told(this.colleagues, frame);
    if (colleagues !== undefined) {
      this.colleagues = colleagues;
      return;
    }
    this.conversations.take(frame);
    this.acknowledge();
  }

  private greet(frame: ServerFrame & { type: "welcome" }) {
    this.skew = Date.parse(frame.server_time) - Date.now();
    this.keepMs = frame.timings.lease_keep_ms;
    this.hearsIdle = frame.hears_idle === true;
    this.conversations.take(frame);
    // What was true only then.
    this.colleagues = unknown();
    this.connection.greeted();
    this.sender.hurry();
    queueMicrotask(() => {
      this.tell({ type: "presence", watch: true });
      this.tell({ type: "view", conversation_id: this.view ?? null });
      this.acks.lost();
      this.acknowledge();
    });
  }

  private fetch(want: Exclude<Want, { kind: "load" | "conversation" }>) {
    switch (want.kind) {
      case "resume":
        this.connection.resume();
        break;
      case "agents":
        void this.workspace.readAgents();
        break;
      case "teams":
        void this.workspace.readTeams();
        break;
      case "channels":
        void this.workspace.readChannels();
        break;
      case "settings":
        this.settings.again();
        void this.workspace.readViews();
        break;
      case "setting":
        this.settings.told(want.event);
        if (want.event.kind === "saved_view") void this.workspace.readViews();
        break;
    }
  }

  /** Tells how far this page has come and whether somebody looks, when that is due. */
  private readonly acknowledge = () => {
    clearTimeout(this.acking);
    this.isLooking = isInFront() && Date.now() - this.touchedAt < UNTOUCHED_MS;
    if (!this.connection.isUp || this.stopping.signal.aborted) return;
    const touchedAt = this.hearsIdle ? this.touchedAt : undefined;
    this.acks.set(this.conversations.position, this.isLooking, touchedAt);
    const frame = this.acks.tick(Date.now());
    if (frame !== undefined) this.tell(frame);
    const { due } = this.acks;
    if (due === undefined) return;
    this.acking = setTimeout(this.acknowledge, Math.max(0, due - Date.now()));
  };

  /** Somebody does something here; where they did nothing for a while, the server hears it soon. */
  private readonly touched = () => {
    this.touchedAt = Date.now();
    if (!this.isLooking) this.acknowledge();
  };
}

function isInFront(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}

/** The desk of whoever is signed in here; what the one before had attached stays, if it is theirs. */
export async function deskHere(before?: Desk): Promise<Desk | undefined> {
  const who = identity();
  if (who === undefined) return undefined;
  const keep = await Keep.open(who.workspace, who.agent_id);
  const isSame = before?.who.agent_id === who.agent_id;
  return isSame ? new Desk(who, keep, before.attached) : new Desk(who, keep);
}
