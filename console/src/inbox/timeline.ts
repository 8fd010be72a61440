// Lines, notes and changes of a conversation in the order in which they are read.

import { daysAgo } from "../format.ts";
import type { Change, Lines } from "../live/held.ts";
import type { Item } from "../live/outbox.ts";
import type { CoachNote, Line, Move, Note } from "../protocol.ts";

export type Entry = { key: string; at: number } & (
  | { day: number }
  | { line: Line; isFirst: boolean }
  | { note: Note }
  | { coach: CoachNote }
  | { change: Change }
  | { move: Move }
  | { item: Item }
);

/** Lines keep their numbers' order; what has none comes before the first line that is later. */
export function entries(
  held: Lines,
  outbox: readonly Item[],
  now: number,
  moves: readonly Move[] = [],
): Entry[] {
  // A change of number from before the lines that are held comes with them.
  const since = held.from_seq > 1 ? Date.parse(held.lines[0]?.at ?? "") : -Infinity;
  const loose: Entry[] = [
    ...held.notes.map((note) => ({ key: note.id, at: Date.parse(note.at), note })),
    ...(held.coaching ?? []).map((coach) => ({ key: coach.id, at: Date.parse(coach.at), coach })),
    ...held.changes.flatMap((change) => {
      const at = Date.parse(change.at);
      return at >= since ? [{ key: `change ${change.revision}`, at, change }] : [];
    }),
    ...moves.flatMap((move) => {
      const at = Date.parse(move.at);
      return at >= since ? [{ key: `move ${move.at}`, at, move }] : [];
    }),
  ].sort((a, b) => a.at - b.at);
  const all: Entry[] = [];
  for (const line of held.lines) {
    const at = Date.parse(line.at);
    while (loose[0] !== undefined && loose[0].at < at) all.push(loose.shift() as Entry);
    all.push({ key: line.id, at, line, isFirst: isFirst(all.at(-1), line) });
  }
  all.push(...loose);
  const known = new Set([...held.lines, ...held.notes].map((one) => one.op_id));
  for (const item of outbox) {
    const { op_id, type } = item.command;
    const isShown = type === "reply" || type === "note";
    if (isShown && !known.has(op_id)) all.push({ key: op_id, at: item.at, item });
  }
  return withDays(all, now);
}

function isFirst(before: Entry | undefined, line: Line): boolean {
  if (before === undefined || !("line" in before)) return true;
  const { author } = before.line;
  if (author.kind !== line.author.kind) return true;
  return author.kind === "agent" && line.author.kind === "agent" && author.id !== line.author.id;
}

function withDays(all: Entry[], now: number): Entry[] {
  const marked: Entry[] = [];
  let last: number | undefined;
  for (const entry of all) {
    const ago = daysAgo(entry.at, now);
    // The phone's clock of a customer may be behind: days only go on.
    if (last === undefined || ago < last) {
      marked.push({ key: `day ${ago} ${entry.key}`, at: entry.at, day: ago });
      last = ago;
    }
    marked.push(entry);
  }
  return marked;
}
