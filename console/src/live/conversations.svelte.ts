// The conversations that are held here: the feed, drawn once a frame, and what is read into it.

import type {
  ConversationPage,
  Event,
  Id,
  LinesPage,
  PackedHeads,
  SearchPage,
  ServerFrame,
  Snapshot,
  ViewCounts,
} from "../protocol.ts";
import { Fault, request } from "./api.ts";
import {
  type Feed,
  type Want,
  apply,
  applyConversation,
  applyOlder,
  applyPacked,
  applyRows,
  cursorOf,
  empty,
  endLoading,
  restore,
} from "./feed.ts";
import { type Held, type HeldMap } from "./held.ts";
import { unpacked } from "./packed.ts";
import type { Copy } from "./store.ts";

/** Rows of a page, and pages of each status that are read at most. */
const PAGE_ROWS = 200;
const PAGES_MAX = 500;
const STATUSES = ["open", "waiting", "snoozed"] as const;
/** From so many on, heads come first, and rows as they come into sight. */
const PACKED_FROM = 2_000;
/** Heads that are read into what is held before the page may draw. */
const PACKED_AT_ONCE = 4_000;
/** Rows by id: of a request, requests at once, and how many wait for one. */
const IDS_MAX = 100;
const ASKING_MAX = 2;
const NEEDED_MAX = 400;
/** Where not all is held, the server counts: so often, ms. */
const COUNT_MS = 5_000;
/** 100,000 heads take a slow server a while, ms. */
const HEADS_TIME_OUT_MS = 60_000;
/** A row that was read too early is read again after this time, ms. */
const BEHIND_MS = 500;
/** Rows that could not be read are asked for again after this time, ms. */
const AGAIN_MS = 5_000;
/** Between two requests for rows, ms: a list that is scrolled asks for many together. */
const GATHER_MS = 120;
const FOUND_ROWS = 30;
const FOUND_WORDS = 10;
/** From so many on, figures of all of them are drawn less often, ms. */
const MUCH = 2_000;
const CALM_MS = 500;
const OLDER_LINES = 50;

type HeldListener = (ids: ReadonlySet<Id> | undefined) => void;

interface Hooks {
  /** What somebody else has to fetch. */
  want: (want: Exclude<Want, { kind: "load" | "conversation" }>) => void;
  /** What is open is read after the rows. */
  open: () => Id | undefined;
}

export class Conversations {
  /** Grows with each batch of frames: whatever is drawn from the feed depends on it. */
  version = $state(0);
  /** Whether the rows are here: a count is blank before. */
  load: "first" | "done" | "partial" | "failed" = $state("first");
  /** Whether all of them were here once: before, nothing can be counted. */
  isCounted = $state(false);
  /** How many each view shows, where that is not known here. */
  counted: ReadonlyMap<string, number> | undefined = $state.raw();

  /** As `version`, but twice a second at most where much is held. */
  private calm = $state(0);
  private calming: ReturnType<typeof setTimeout> | undefined;
  private readonly listeners = new Set<HeldListener>();
  private readonly feed: Feed = empty();
  private drawn: HeldMap | undefined;
  private isDrawn = false;
  private loadings = 0;
  private needed = new Set<Id>();
  private asking = 0;
  private askedAt = Number.NEGATIVE_INFINITY;
  private gathering: ReturnType<typeof setTimeout> | undefined;
  private counting: ReturnType<typeof setTimeout> | undefined;
  private isStopped = false;
  /** Whether an owner or a status changed since that was asked. */
  private isMoved = false;

  constructor(private readonly hooks: Hooks) {}

  stop() {
    this.isStopped = true;
    clearTimeout(this.calming);
    clearTimeout(this.gathering);
    clearTimeout(this.counting);
  }

  get position(): number | undefined {
    return this.feed.position;
  }

  get cursor(): string | undefined {
    return cursorOf(this.feed);
  }

  get(id: Id): Held | undefined {
    void this.version;
    return this.feed.held.get(id);
  }

  all(): IterableIterator<Held> {
    void this.version;
    return this.feed.held.values();
  }

  /** The same for who draws nothing. */
  held(): IterableIterator<Held> {
    return this.feed.held.values();
  }

  /** For figures of everything: they need not follow each frame. */
  allCalmly(): IterableIterator<Held> {
    void this.calm;
    return this.feed.held.values();
  }

  get epoch(): Id | undefined {
    return this.feed.epoch;
  }

  /** As it was when this browser was last closed, until the server tells more. */
  restore(epoch: Id, agent: Id, copies: ReadonlyMap<Id, Copy>) {
    const all = [...copies].map(([id, copy]) => [id, { level: "full", ...copy }] as const);
    restore(this.feed, epoch, agent, all);
    this.draw();
  }

  /** Tells which conversations changed, before that is drawn; undefined for all of them. */
  onHeld(listener: HeldListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Whether somebody's load may be another one since this was asked. */
  hasMoved(): boolean {
    const { isMoved } = this;
    this.isMoved = false;
    return isMoved;
  }

  take(frame: ServerFrame) {
    this.isMoved ||= frame.type === "events" && frame.events.some(isMove);
    this.want(apply(this.feed, frame));
    if (this.load === "partial" && frame.type === "events") {
      this.counting ??= setTimeout(() => void this.count(), COUNT_MS);
    }
    if (frame.type !== "welcome") this.draw();
  }

  async open(id: Id): Promise<"here" | "gone" | "failed"> {
    const held = this.feed.held.get(id);
    this.look(id);
    if (held?.level === "full" && held.lines !== undefined) return "here";
    if (held?.level === "head") return "here";
    return this.read(id);
  }

  /** Somebody looks at it: lines from when this browser was last closed are read anew. */
  look(id: Id) {
    const held = this.feed.held.get(id);
    if (this.feed.unread.has(id) && held?.level === "full" && held.lines !== undefined) {
      void this.read(id);
    }
  }

  async older(id: Id, most = OLDER_LINES): Promise<void> {
    const held = this.feed.held.get(id);
    const from = held?.level === "full" ? (held.lines?.from_seq ?? 1) : 1;
    if (from <= 1) return;
    const path = `/conversations/${id}/messages?before=${from}&limit=${most}`;
    const page = await request<LinesPage>("GET", path);
    // A page has its newest notes: the others are asked for until there are none.
    for (let before = page.notes_before; before !== undefined;) {
      const more = await request<LinesPage>("GET", `${path}&notes_before=${before}`);
      page.notes.unshift(...more.notes);
      before = more.notes_before;
    }
    applyOlder(this.feed, id, page);
    this.draw();
  }

  /** What was said before the number came to Baton, page by page; without one, whether there is. */
  past(id: Id, page?: string): Promise<LinesPage> {
    const asked = page === undefined ? "before=1&limit=1" : `past=${page}&limit=${OLDER_LINES}`;
    return request<LinesPage>("GET", `/conversations/${id}/messages?${asked}`);
  }

  /** Conversations as they were when they were asked for: the newest first. */
  async find(
    wanted: URLSearchParams,
    page?: string,
  ): Promise<{ rows: Held[]; next: string | undefined }> {
    const query = new URLSearchParams(wanted);
    query.set("order", "activity");
    query.set("limit", String(FOUND_ROWS));
    if (page !== undefined) query.set("page", page);
    const { conversations, next } = await request<ConversationPage>(
      "GET",
      `/conversations?${query}`,
    );
    const rows = conversations.map((row): Held =>
      row.level === "head" ? row : { level: "full", view: row.view },
    );
    return { rows, next };
  }

  /** Messages and notes by their words: the newest first. */
  words(wanted: URLSearchParams, kind: "messages" | "notes", page?: string): Promise<SearchPage> {
    const query = new URLSearchParams(wanted);
    query.set("kind", kind);
    query.set("limit", String(FOUND_WORDS));
    if (page !== undefined) query.set("page", page);
    return request<SearchPage>("GET", `/search?${query}`);
  }

  /** Reads the rows of what is not resolved. A reset in between begins anew. */
  async loadRows(): Promise<void> {
    this.loadings += 1;
    const mine = this.loadings;
    this.feed.loading ??= { left: new Set(), seen: new Set(), marks: new Map() };
    let isWhole = true;
    try {
      const sizes = await this.count();
      if (mine !== this.loadings) return;
      if (sizes > PACKED_FROM) {
        // Who waits longest is there at once, whatever the heads take.
        await this.loadStatus("open", mine, 1);
        if (mine !== this.loadings) return;
        isWhole = await this.loadHeads(mine);
      } else {
        for (const status of STATUSES) {
          isWhole = (await this.loadStatus(status, mine)) && isWhole;
          if (mine !== this.loadings) return;
        }
      }
      if (mine !== this.loadings) return;
    } catch {
      if (mine !== this.loadings || this.isStopped) return;
      this.load = "failed";
      setTimeout(() => mine === this.loadings && void this.loadRows(), AGAIN_MS);
      return;
    }
    this.want(endLoading(this.feed, isWhole));
    this.load = isWhole ? "done" : "partial";
    // Figures of the first page are not taken for those of all.
    this.isCounted = true;
    clearTimeout(this.calming);
    this.calmDown();
    const open = this.hooks.open();
    if (open !== undefined) void this.open(open);
    this.draw();
  }

  /** How many there are in all. An older server does not tell: 0. */
  private async count(): Promise<number> {
    clearTimeout(this.counting);
    this.counting = undefined;
    try {
      const { views } = await request<ViewCounts>("GET", "/views");
      this.counted = new Map(Object.entries(views));
      return (views["open"] ?? 0) + (views["snoozed"] ?? 0);
    } catch {
      this.counted = undefined;
      return 0;
    }
  }

  private async loadHeads(mine: number): Promise<boolean> {
    const heads = await request<PackedHeads>("GET", "/heads", undefined, HEADS_TIME_OUT_MS);
    for (let from = 0; from < heads.rows; from += PACKED_AT_ONCE) {
      if (mine !== this.loadings) return false;
      applyPacked(this.feed, unpacked(heads, from, from + PACKED_AT_ONCE));
      this.draw();
      await new Promise((next) => setTimeout(next));
    }
    return !heads.more;
  }

  /** Asks for the rows of these, the last ones first, where only their heads are here. */
  need(ids: Iterable<Id>) {
    for (const id of ids) {
      if (this.feed.held.get(id)?.level !== "packed") continue;
      this.needed.delete(id);
      this.needed.add(id);
    }
    for (const id of this.needed) {
      if (this.needed.size <= NEEDED_MAX) break;
      this.needed.delete(id);
    }
    this.askSoon();
  }

  /** The first ones are asked for at once; what is scrolled past meanwhile is gathered. */
  private askSoon() {
    if (this.gathering !== undefined || this.needed.size === 0 || this.isStopped) return;
    const wait = Math.max(0, this.askedAt + GATHER_MS - performance.now());
    this.gathering = setTimeout(() => {
      this.gathering = undefined;
      void this.askNeeded();
    }, wait);
  }

  private async askNeeded(): Promise<void> {
    if (this.asking >= ASKING_MAX || this.needed.size === 0 || this.isStopped) return;
    this.askedAt = performance.now();
    const ids = [...this.needed].slice(-IDS_MAX);
    for (const id of ids) this.needed.delete(id);
    this.asking += 1;
    try {
      await this.rows(ids);
    } catch {
      setTimeout(() => this.need(ids), AGAIN_MS);
    } finally {
      this.asking -= 1;
      this.askSoon();
    }
  }

  /** Reads the rows of these. */
  async rows(ids: readonly Id[]): Promise<void> {
    for (let from = 0; from < ids.length; from += IDS_MAX) {
      const part = ids.slice(from, from + IDS_MAX);
      const path = `/conversations?ids=${part.join(",")}`;
      const { conversations } = await request<ConversationPage>("GET", path);
      applyRows(this.feed, conversations);
      const found = new Set(
        conversations.map((row) => (row.level === "head" ? row : row.view).head.id),
      );
      for (const id of part) {
        if (!found.has(id)) this.want(applyConversation(this.feed, id, undefined));
      }
      // Read from a node that is not there yet.
      const behind = part.filter((id) => this.feed.wanted.has(id) && found.has(id));
      for (const id of behind) setTimeout(() => void this.read(id), BEHIND_MS);
      this.draw();
    }
  }

  private async loadStatus(status: string, mine: number, pages = PAGES_MAX): Promise<boolean> {
    let page = "";
    for (let n = 0; n < pages; n += 1) {
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

  private want(wants: Want[]) {
    for (const want of wants) {
      if (want.kind === "load") setTimeout(() => void this.loadRows(), want.after_ms);
      else if (want.kind === "conversation") {
        if (this.feed.held.get(want.id)?.level === "packed") this.need([want.id]);
        else void this.read(want.id);
      } else this.hooks.want(want);
    }
  }

  private async read(id: Id): Promise<"here" | "gone" | "failed"> {
    try {
      const snapshot = await request<Snapshot>("GET", `/conversations/${id}`);
      this.want(applyConversation(this.feed, id, snapshot));
      return "here";
    } catch (error) {
      if (!(error instanceof Fault) || error.status !== 404) return "failed";
      this.want(applyConversation(this.feed, id, undefined));
      return "gone";
    } finally {
      this.draw();
    }
  }

  private calmDown() {
    this.calming = undefined;
    this.calm += 1;
  }

  /** Frames of one animation frame are drawn at once. */
  private draw() {
    if (this.isDrawn) return;
    this.isDrawn = true;
    const now = () => {
      if (!this.isDrawn) return;
      this.isDrawn = false;
      const { held } = this.feed;
      const changed = held.takeChanged();
      const ids = held === this.drawn ? changed : undefined;
      this.drawn = held;
      for (const listener of this.listeners) listener(ids);
      this.version += 1;
      if (held.size < MUCH) this.calm += 1;
      else this.calming ??= setTimeout(() => this.calmDown(), CALM_MS);
    };
    requestAnimationFrame(now);
    // A page in the background gets no frames.
    setTimeout(now, 100);
  }
}

/** Whether it changes how much somebody has. */
function isMove({ type }: Event): boolean {
  return type === "owner_changed" || type === "status_changed" || type === "head_changed";
}
