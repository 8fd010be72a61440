// The views of many conversations, kept in order as they change: one that changes costs a search in
// each list, not a pass over all. Says the same as `listing` and `counts` of `listing.testing.ts`.

import { type Held, headOf, isGroup, unreadLinesOf, unreadOf, windowUntil } from "../live/held.ts";
import type { Id } from "../protocol.ts";
import { fits, viewId } from "./saved.ts";
import { shownOf } from "./tags.ts";
import { type Viewer, WINDOW_LATE_MS, shows, waitLateAt, waitingSince } from "./views.ts";

/** The rows of a view. */
export interface Rows {
  /** Who waits, the longest first. */
  readonly unanswered: readonly Id[];
  /** The others, the newest first. */
  readonly others: readonly Id[];
}

interface Entry {
  id: Id;
  /** Since when the customer waits, ms. */
  since: number | undefined;
  /** Of those that wait, it is of no account. */
  activity: string;
  views: readonly string[];
  isUnread: boolean;
  /** Lines that were not read, where the viewer owns it and did not put it aside. */
  lines: number;
  /** When it becomes late, ms. */
  lateAt: number;
}

const byWait = (a: Entry, b: Entry) => (a.since ?? 0) - (b.since ?? 0) || (a.id < b.id ? -1 : 1);
const byActivity = (a: Entry, b: Entry) =>
  a.activity === b.activity ? (a.id < b.id ? 1 : -1) : a.activity < b.activity ? 1 : -1;
const byLate = (a: Entry, b: Entry) => a.lateAt - b.lateAt || (a.id < b.id ? -1 : 1);

/** Entries of a part are at most so many: a change moves no more than these. */
const PART_MAX = 512;

interface Part {
  entries: Entry[];
  /** Their ids, until something in it changes. */
  ids: readonly Id[] | undefined;
}

/** Entries in an order of theirs, in parts, and their ids for readers until something changes. */
class Sorted {
  size = 0;
  private readonly parts: Part[] = [{ entries: [], ids: undefined }];
  private told: readonly Id[] | undefined;
  constructor(
    private readonly compare: (a: Entry, b: Entry) => number,
    private readonly partMax: number,
  ) {}

  get first(): Entry | undefined {
    return this.parts[0]?.entries[0];
  }
  add(entry: Entry) {
    const at = this.partOf(entry);
    const part = this.parts[at] ?? { entries: [], ids: undefined };
    part.entries.splice(this.find(part.entries, entry), 0, entry);
    this.changed(part, 1);
    if (part.entries.length <= this.partMax) return;
    const rest = part.entries.splice(this.partMax >> 1);
    this.parts.splice(at + 1, 0, { entries: rest, ids: undefined });
  }
  remove(entry: Entry) {
    const at = this.partOf(entry);
    const part = this.parts[at];
    const place = this.find(part?.entries ?? [], entry);
    if (part?.entries[place]?.id !== entry.id) return;
    part.entries.splice(place, 1);
    this.changed(part, -1);
    if (part.entries.length === 0 && this.parts.length > 1) this.parts.splice(at, 1);
  }
  /** Ids in order; the same list as before where nothing changed. */
  get ids(): readonly Id[] {
    if (this.told !== undefined) return this.told;
    const all: (readonly Id[])[] = [];
    for (const part of this.parts) {
      part.ids ??= part.entries.map(({ id }) => id);
      all.push(part.ids);
    }
    this.told = ([] as Id[]).concat(...all);
    return this.told;
  }
  private changed(part: Part, by: 1 | -1) {
    this.size += by;
    part.ids = undefined;
    this.told = undefined;
  }
  /** The last part that begins at or before an entry. */
  private partOf(entry: Entry): number {
    let [from, to] = [0, this.parts.length];
    while (to - from > 1) {
      const middle = (from + to) >>> 1;
      const head = this.parts[middle]?.entries[0];
      if (head !== undefined && this.order(head, entry) <= 0) from = middle;
      else to = middle;
    }
    return from;
  }
  private find(entries: Entry[], entry: Entry): number {
    let [from, to] = [0, entries.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      const one = entries[middle];
      if (one !== undefined && this.order(one, entry) < 0) from = middle + 1;
      else to = middle;
    }
    return from;
  }
  private order(a: Entry, b: Entry): number {
    return a.id === b.id ? 0 : this.compare(a, b);
  }
}

const NONE: Rows = { unanswered: [], others: [] };

export class Order {
  private entries = new Map<Id, Entry>();
  private lists = new Map<string, { unanswered: Sorted; others: Sorted; rows: Rows }>();
  private readonly coming: Sorted;
  private now = 0;
  /** Conversations of the viewer's work with lines that were not read. */
  unread = 0;
  /** Lines that were not read in what the viewer owns: the number on the icon, as phones have it. */
  unreadLines = 0;

  constructor(
    private readonly me: Viewer,
    private readonly partMax = PART_MAX,
  ) {
    this.coming = new Sorted(byLate, partMax);
  }

  rows(view: string): Rows {
    const list = this.lists.get(view);
    if (list === undefined) return NONE;
    const { unanswered, others, rows } = list;
    const isSame = rows.unanswered === unanswered.ids && rows.others === others.ids;
    if (!isSame) list.rows = { unanswered: unanswered.ids, others: others.ids };
    return list.rows;
  }

  counts(views: readonly string[]): Map<string, number> {
    return new Map(
      views.map((view) => {
        const list = this.lists.get(view);
        return [view, list === undefined ? 0 : list.unanswered.size + list.others.size];
      }),
    );
  }

  /** What is held of a conversation by now, if anything. */
  set(id: Id, held: Held | undefined) {
    const before = this.entries.get(id);
    const after = held === undefined ? undefined : this.entryOf(id, held);
    if (before !== undefined && after !== undefined && isSame(before, after)) {
      this.unread += Number(isUnreadWork(after)) - Number(isUnreadWork(before));
      before.isUnread = after.isUnread;
      this.unreadLines += after.lines - before.lines;
      before.lines = after.lines;
      return;
    }
    if (before !== undefined) this.place(before, "remove");
    if (after === undefined) this.entries.delete(id);
    else {
      this.entries.set(id, after);
      this.place(after, "add");
    }
  }

  /** The time goes on: some are late by now. True where that changed anything. */
  tick(now: number): boolean {
    this.now = now;
    let isChanged = false;
    for (let next = this.coming.first; next !== undefined && next.lateAt <= now;) {
      this.coming.remove(next);
      this.place(next, "remove");
      const late: Entry = { ...next, views: [...next.views, "late"] };
      this.entries.set(late.id, late);
      this.place(late, "add");
      isChanged = true;
      next = this.coming.first;
    }
    return isChanged;
  }

  private entryOf(id: Id, held: Held): Entry {
    const { activity_at, team_id, channel_id, status } = headOf(held);
    const own = ["mine", "snoozed", "open", `team-${team_id}`, `channel-${channel_id}`];
    const views = own.filter((view) => shows(view, held, this.me, this.now));
    for (const one of this.me.saved ?? []) {
      if (fits(one.filter, held, this.me.agent)) views.push(viewId(one));
    }
    const { tags } = this.me;
    const tagged = shownOf(held, tags).map((one) => `tag-${one.id}`);
    views.push(...tagged.filter((view) => shows(view, held, this.me, this.now)));
    const since = waitingSince(held);
    const lateAt = status.kind === "open" ? lateFrom(held, since) : Number.POSITIVE_INFINITY;
    if (lateAt <= this.now) views.push("late");
    const activity = since === undefined ? activity_at : "";
    const { owner } = headOf(held);
    const isLoad = status.kind === "open" || status.kind === "waiting";
    const isMine = isLoad && owner.kind === "agent" && owner.id === this.me.agent;
    const lines = isMine ? unreadLinesOf(held) : 0;
    return { id, since, activity, views, isUnread: unreadOf(held) > 0, lines, lateAt };
  }

  private place(entry: Entry, how: "add" | "remove") {
    for (const view of entry.views) {
      const list = this.lists.get(view) ?? this.begin(view);
      list[entry.since === undefined ? "others" : "unanswered"][how](entry);
    }
    if (Number.isFinite(entry.lateAt) && !entry.views.includes("late")) this.coming[how](entry);
    if (isUnreadWork(entry)) this.unread += how === "add" ? 1 : -1;
    this.unreadLines += how === "add" ? entry.lines : -entry.lines;
  }

  private begin(view: string) {
    const unanswered = new Sorted(byWait, this.partMax);
    const list = { unanswered, others: new Sorted(byActivity, this.partMax), rows: NONE };
    this.lists.set(view, list);
    return list;
  }
}

/** From when on it is late, ms: as `isLate` says it. */
function lateFrom(held: Held, since: number | undefined): number {
  const waited = waitLateAt(held);
  if (since === undefined || held.level === "head" || isGroup(held)) return waited;
  const until = windowUntil(held);
  // Less than that is left from the next moment on.
  const closing = until === null ? Number.NEGATIVE_INFINITY : until - WINDOW_LATE_MS + 1;
  return Math.min(waited, closing);
}

const isUnreadWork = ({ isUnread, since, views }: Entry): boolean =>
  isUnread && since !== undefined && views.includes("mine");

/** Whether both stand at one place. */
function isSame(a: Entry, b: Entry): boolean {
  return (
    a.since === b.since &&
    a.activity === b.activity &&
    a.lateAt === b.lateAt &&
    a.views.length === b.views.length &&
    a.views.every((view, n) => view === b.views[n])
  );
}
