// Several replies that a person has to decide on, one after the other. No I/O.

import { waitingSince } from "../inbox/views.ts";
import { type Question, ofItem } from "../inbox/question.ts";
import type { Held } from "../live/held.ts";
import type { Item } from "../live/outbox.ts";
import type { Id } from "../protocol.ts";

export type How = "sent" | "note" | "discarded" | "later";

/** One of them, under the op id of the reply that did not leave. */
export interface Entry {
  id: Id;
  question: Question;
  /** What was decided; undefined while nothing is. */
  how: How | undefined;
}

export interface Sheet {
  entries: readonly Entry[];
  /** The one that is shown; undefined once all are decided. */
  at: Id | undefined;
}

/** Replies that wait for a person: of whom the customer waits longest first. */
export function begin(items: readonly Item[], get: (id: Id) => Held | undefined): Sheet {
  const since = (item: Item) => {
    const held = get(item.command.conversation_id);
    return (held === undefined ? undefined : waitingSince(held)) ?? Number.POSITIVE_INFINITY;
  };
  const all = items.filter(({ state }) => state === "review");
  const sorted = all
    .map((item) => ({ item, since: since(item) }))
    .sort((a, b) => (a.since === b.since ? a.item.at - b.item.at : a.since - b.since));
  return joined(
    { entries: [], at: undefined },
    sorted.map(({ item }) => item),
  );
}

/** With those that came meanwhile, at the end. */
export function joined(sheet: Sheet, items: readonly Item[]): Sheet {
  const known = new Set(sheet.entries.map(({ id }) => id));
  const fresh = items.flatMap((item): Entry[] => {
    const { op_id: id } = item.command;
    const question = item.state !== "review" || known.has(id) ? undefined : ofItem(item);
    return question === undefined ? [] : [{ id, question, how: undefined }];
  });
  if (fresh.length === 0) return sheet;
  const entries = [...sheet.entries, ...fresh];
  return { entries, at: sheet.at ?? fresh[0]?.id };
}

/** Says what became of the one that is shown, and goes on to the next. */
export function decide({ entries, at }: Sheet, how: How): Sheet {
  const index = entries.findIndex(({ id }) => id === at);
  const after = entries.map((entry) => (entry.id === at ? { ...entry, how } : entry));
  const next = [...after.slice(index + 1), ...after.slice(0, index)];
  return { entries: after, at: next.find((entry) => entry.how === undefined)?.id };
}

/** Whether somebody may still come back to it. */
export const isOpen = ({ how }: Entry): boolean => how === undefined || how === "later";

/** Shows another one that is not decided. */
export function goTo(sheet: Sheet, id: Id): Sheet {
  const entry = sheet.entries.find((one) => one.id === id);
  if (entry === undefined || !isOpen(entry)) return sheet;
  const entries = sheet.entries.map((one) => (one.id === id ? { ...one, how: undefined } : one));
  return { entries, at: id };
}

/** The next or the one before that can be shown. */
export function step(sheet: Sheet, by: 1 | -1): Sheet {
  const open = sheet.entries.filter((entry) => isOpen(entry));
  const at = open.findIndex(({ id }) => id === sheet.at);
  const to = open[Math.max(0, Math.min(open.length - 1, at + by))];
  return to === undefined ? sheet : goTo(sheet, to.id);
}
