// Heads as columns, read into what is held. See `GET /heads`.

import type { Head, Id, PackedHeads, Priority, Status } from "../protocol.ts";
import type { Held, Slim } from "./held.ts";

type Row = Extract<Held, { level: "head" | "packed" }>;

/** Rows `from` to `to` of them; what a newer server adds is passed by. */
export function unpacked(heads: PackedHeads, from: number, to: number): Row[] {
  const followed = followedOf(heads);
  const tags = tagsOf(heads);
  const due = dueOf(heads);
  const languages = languagesOf(heads);
  const orphaned = orphanedOf(heads);
  const priorities = prioritiesOf(heads);
  const rows: Row[] = [];
  for (let n = from; n < Math.min(to, heads.rows); n += 1) {
    const head = headAt(heads, n);
    const dueAt = timeAt(heads, due.get(n));
    if (dueAt !== null) head.due_at = dueAt;
    const orphanedAt = timeAt(heads, orphaned.get(n));
    if (orphanedAt !== null) head.orphaned_at = orphanedAt;
    const priority = priorities.get(n);
    if (priority !== undefined) head.priority = priority;
    if (heads.columns.level[n] === "h") {
      rows.push({ level: "head", head });
      continue;
    }
    const slim: Slim = {
      customer_seq: heads.columns.customer_seq[n] ?? 0,
      read_seq: heads.columns.read_seq[n] ?? 0,
      window_until: msAt(heads, heads.columns.window_until[n]),
      isFollowed: followed.has(n),
      tags: tags.get(n),
      language: languages.get(n),
    };
    rows.push({ level: "packed", head, slim });
  }
  return rows;
}

const known = new WeakMap<PackedHeads, ReadonlySet<number>>();

function followedOf(heads: PackedHeads): ReadonlySet<number> {
  const followed = known.get(heads) ?? new Set(heads.followed);
  known.set(heads, followed);
  return followed;
}

const knownTags = new WeakMap<PackedHeads, ReadonlyMap<number, Id[]>>();

const knownDue = new WeakMap<PackedHeads, ReadonlyMap<number, number>>();

/** What is promised in each row, if anything is. */
function dueOf(heads: PackedHeads): ReadonlyMap<number, number> {
  const due = knownDue.get(heads) ?? new Map(heads.due ?? []);
  knownDue.set(heads, due);
  return due;
}

const knownOrphaned = new WeakMap<PackedHeads, ReadonlyMap<number, number>>();

/** Since when a row was left by an owner who was not there. */
function orphanedOf(heads: PackedHeads): ReadonlyMap<number, number> {
  const orphaned = knownOrphaned.get(heads) ?? new Map(heads.orphaned ?? []);
  knownOrphaned.set(heads, orphaned);
  return orphaned;
}

/** The tags of each row that has any. */
function tagsOf(heads: PackedHeads): ReadonlyMap<number, Id[]> {
  const before = knownTags.get(heads);
  if (before !== undefined) return before;
  const tags = new Map<number, Id[]>();
  for (const [tag, rows] of heads.tags ?? []) {
    for (const row of rows) tags.set(row, [...(tags.get(row) ?? []), tag]);
  }
  knownTags.set(heads, tags);
  return tags;
}

const knownLanguages = new WeakMap<PackedHeads, ReadonlyMap<number, string>>();

/** The language of each row where it is known. */
function languagesOf(heads: PackedHeads): ReadonlyMap<number, string> {
  const before = knownLanguages.get(heads);
  if (before !== undefined) return before;
  const all = (heads.languages ?? []).flatMap(([language, rows]) =>
    rows.map((row): [number, string] => [row, language]),
  );
  const languages = new Map(all);
  knownLanguages.set(heads, languages);
  return languages;
}

const knownPriorities = new WeakMap<PackedHeads, ReadonlyMap<number, Priority>>();

/** The priority of each row that is more urgent than others. */
function prioritiesOf(heads: PackedHeads): ReadonlyMap<number, Priority> {
  const before = knownPriorities.get(heads);
  if (before !== undefined) return before;
  const all = (heads.priorities ?? []).flatMap(([priority, rows]) =>
    rows.map((row): [number, Priority] => [row, priority]),
  );
  const priorities = new Map(all);
  knownPriorities.set(heads, priorities);
  return priorities;
}

const msAt = ({ base_ms }: PackedHeads, offset: number | null | undefined): number | null =>
  offset === null || offset === undefined ? null : base_ms + offset;

function timeAt(heads: PackedHeads, offset: number | null | undefined): string | null {
  const ms = msAt(heads, offset);
  return ms === null ? null : new Date(ms).toISOString();
}

function headAt(heads: PackedHeads, n: number): Head {
  const { columns } = heads;
  const team_id = heads.teams[columns.team[n] ?? 0] ?? "";
  const owner = columns.owner[n] ?? 0;
  return {
    id: idAt(columns.ids, n),
    channel_id: heads.channels[columns.channel[n] ?? 0] ?? "",
    team_id,
    owner:
      owner === 0
        ? { kind: "queue", id: team_id }
        : { kind: "agent", id: heads.agents[owner - 1] ?? "" },
    owner_epoch: columns.owner_epoch[n] ?? 0,
    status: statusAt(heads, n),
    episode: columns.episode[n] ?? 0,
    revision: columns.revision[n] ?? 0,
    last_seq: columns.last_seq[n] ?? 0,
    unanswered_since: timeAt(heads, columns.unanswered_since[n]),
    activity_at: timeAt(heads, columns.activity_at[n]) ?? "",
  };
}

function statusAt(heads: PackedHeads, n: number): Status {
  switch (heads.columns.status[n]) {
    case "w":
      return { kind: "waiting" };
    case "s":
      return { kind: "snoozed", until: timeAt(heads, heads.columns.snoozed_until[n]) ?? "" };
    default:
      return { kind: "open" };
  }
}

const DIGITS = 32;

function idAt(ids: string, n: number): Id {
  const hex = ids.slice(n * DIGITS, (n + 1) * DIGITS);
  const part = (from: number, to: number) => hex.slice(from, to);
  return [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-");
}
