// Figures of agents, teams, numbers, tags or outcomes as rows: their columns, and their order.

import type { Unit, Value } from "./chart.ts";
import { reopenRate, shareOf } from "./charts.ts";
import type { Figures, Measure } from "./wire.ts";

export const COLUMNS = [
  "received",
  "turns",
  "sent",
  "answered",
  "within",
  "unanswered",
  "open",
  "first_reply",
  "reply",
  "pick_up",
  "hold",
  "resolved",
  "resolution",
  "reopened",
  "reopen_rate",
] as const;
export type Column = (typeof COLUMNS)[number];

/** An agent receives nothing: messages come to a team. */
export const OF_AGENTS: readonly Column[] = COLUMNS.filter(
  (column) => column !== "received" && column !== "turns",
);

const MEASURES: Partial<Record<Column, Measure>> = {
  answered: "reply",
  within: "reply",
  unanswered: "unanswered",
  open: "open",
  first_reply: "first_reply",
  reply: "reply",
  pick_up: "pick_up",
  hold: "hold",
  resolved: "resolution",
  resolution: "resolution",
  reopened: "reopened",
};

/** The conversations that are behind a column's figures, where the server lists them. */
export const measureOf = (column: Column): Measure | undefined => MEASURES[column];

export function unitOf(column: Column): Unit {
  switch (column) {
    case "within":
    case "reopen_rate":
      return "share";
    case "first_reply":
    case "reply":
    case "pick_up":
    case "hold":
    case "resolution":
      return "duration";
    default:
      return "count";
  }
}

/** A column's figure; of what took time, the median. */
export function valueOf(figures: Figures, column: Column): Value {
  switch (column) {
    case "within":
      return shareOf(figures.reply);
    case "reopen_rate":
      return reopenRate(figures);
    case "first_reply":
    case "reply":
    case "pick_up":
    case "hold":
    case "resolution":
      return figures[column]?.median_ms ?? null;
    default:
      return figures[column];
  }
}

export interface Named {
  id: string;
  name: string;
  figures: Figures;
}
export interface Order {
  by: Column | "name";
  isDown: boolean;
}

/** The order after a press on a column's head: figures begin with the highest, names with A. */
export function pressed(order: Order, by: Order["by"]): Order {
  return order.by === by ? { by, isDown: !order.isDown } : { by, isDown: by !== "name" };
}

/** Rows in order. Those without the figure come last, whichever way the others go. */
export function sorted(rows: readonly Named[], { by, isDown }: Order, locale: string): Named[] {
  const names = new Intl.Collator(locale);
  const byName = (a: Named, b: Named) => names.compare(a.name, b.name) || (a.id < b.id ? -1 : 1);
  const sign = isDown ? -1 : 1;
  if (by === "name") return [...rows].sort((a, b) => sign * byName(a, b));
  return [...rows].sort((a, b) => {
    const [x, y] = [valueOf(a.figures, by), valueOf(b.figures, by)];
    if (x === null || y === null) return Number(x === null) - Number(y === null) || byName(a, b);
    return sign * (x - y) || byName(a, b);
  });
}
