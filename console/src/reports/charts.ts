// What each chart draws and its table lists, from the figures as the server told them.

import { type Unit, type Value, ticks } from "./chart.ts";
import type { Figures, Measure, Spread } from "./wire.ts";

export type ChartId = "volume" | "first_reply" | "within" | "resolution";
export type SeriesId =
  "received" | "answered" | "median" | "p90" | "share" | "answers" | "resolved";

export interface Series {
  id: SeriesId;
  unit: Unit;
  /** One for each stretch. */
  values: Value[];
}
export interface Chart {
  id: ChartId;
  kind: "bars" | "band" | "steps";
  /** What is behind its figures. */
  measure: Measure;
  /** The columns of its table. */
  series: Series[];
  /** So many of them are drawn, the first ones. */
  drawn: number;
  /** The one whose figures lead to conversations. */
  opens: SeriesId;
  /** What should not be passed, ms. */
  target?: number;
}

/** How many a share is of: what goes on and has lasted longer than the target missed it. */
export function sharedBy({ count, open_late = 0 }: Spread): number {
  return count + open_late;
}

/** The part that took at most the target; null where nothing was measured. */
export function shareOf(of: Spread): Value {
  return sharedBy(of) === 0 ? null : of.within / sharedBy(of);
}

/** The part that was reopened, of the episodes of which that is known; null where there is none. */
export function reopenRate({ settled, settled_reopened }: Figures): Value {
  return settled === 0 ? null : settled_reopened / settled;
}

/** The charts of a page. A stretch that has not begun has no figures. */
export function chartsOf(stretches: readonly (Figures | undefined)[], within_ms: number): Chart[] {
  const series = (id: SeriesId, unit: Unit, of: (figures: Figures) => Value): Series => ({
    id,
    unit,
    values: stretches.map((figures) => (figures === undefined ? null : of(figures))),
  });
  return [
    {
      id: "volume",
      kind: "bars",
      measure: "reply",
      series: [
        series("received", "count", ({ received }) => received),
        series("answered", "count", ({ answered }) => answered),
      ],
      drawn: 2,
      opens: "answered",
    },
    {
      id: "first_reply",
      kind: "band",
      measure: "first_reply",
      series: [
        series("median", "duration", ({ first_reply }) => first_reply.median_ms),
        series("p90", "duration", ({ first_reply }) => first_reply.p90_ms),
        series("answers", "count", ({ first_reply }) => first_reply.count),
      ],
      drawn: 2,
      opens: "median",
      target: within_ms,
    },
    {
      id: "within",
      kind: "steps",
      measure: "reply",
      series: [
        series("share", "share", ({ reply }) => shareOf(reply)),
        series("answers", "count", ({ reply }) => reply.count),
      ],
      drawn: 1,
      opens: "share",
    },
    {
      id: "resolution",
      kind: "bars",
      measure: "resolution",
      series: [
        series("median", "duration", ({ resolution }) => resolution.median_ms),
        series("resolved", "count", ({ resolution }) => resolution.count),
      ],
      drawn: 1,
      opens: "median",
    },
  ];
}

/** A band so many times as high as the line and the target would press both to the ground. */
const CUT = 4;

/** The lines of a chart's scale, and whether values above the last one are cut off. */
export function scaleOf({ series, drawn, kind, target }: Chart): {
  ticks: number[];
  isCut: boolean;
} {
  const of = (all: Series[]) => all.flatMap(({ values }) => values.map((value) => value ?? 0));
  const unit = series[0]?.unit ?? "count";
  const highest = Math.max(0, target ?? 0, ...of(series.slice(0, drawn)));
  const kept = Math.max(0, target ?? 0, ...of(series.slice(0, 1)));
  const isCut = kind === "band" && highest > CUT * kept;
  return { ticks: ticks(unit, isCut ? CUT * kept : highest), isCut };
}

/** The stretch with the highest or lowest value; the first of several. */
export function extreme(values: readonly Value[], which: "highest" | "lowest") {
  let found: { at: number; value: number } | undefined;
  for (const [at, value] of values.entries()) {
    if (value === null) continue;
    const by = found === undefined ? 1 : value - found.value;
    if (found === undefined || (which === "highest" ? by > 0 : by < 0)) found = { at, value };
  }
  return found;
}

/** Whether there is something to draw. */
export function isBlank({ series, drawn }: Chart): boolean {
  return series.slice(0, drawn).every(({ values }) => values.every((value) => (value ?? 0) === 0));
}

/** Whether nobody wrote and nothing was done. */
export function isNothing(whole: Figures): boolean {
  const { received, sent, turns, answered, unanswered, open, opened, resolved } = whole;
  const counts = [received, sent, turns, answered, unanswered, open, opened, resolved];
  const all = [whole.first_reply, whole.reply, whole.pick_up, whole.hold, whole.resolution];
  const spreads = all.filter((of) => of !== undefined);
  return [...counts, ...spreads.map(({ count }) => count)].every((count) => count === 0);
}
