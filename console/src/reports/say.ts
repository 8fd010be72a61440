// Figures of reports as people read them, in the language in use.

import * as format from "../format.ts";
import { Fault } from "../live/api.ts";
import { name, words } from "../messages/index.svelte.ts";
import { reportWords } from "../messages/reports.ts";
import { faultText } from "../settings/fault.ts";
import type { Unit, Value } from "./chart.ts";
import { type Chart, type Series, extreme } from "./charts.ts";
import type { Named } from "./table.ts";
import { stretchOf } from "./times.ts";
import type { Wanted } from "./wanted.ts";
import type { Answers, Figures } from "./wire.ts";

export const NOTHING = "–";

export function sayValue(unit: Unit, value: Value): string {
  const { locale } = words;
  if (value === null) return NOTHING;
  switch (unit) {
    case "count":
      return format.count(locale, value);
    case "duration":
      return format.took(locale, value);
    case "share":
      return format.part(locale, value);
  }
}

/** How much more or less it is than before: "+18", "−12 sec"; undefined where there is nothing to say. */
export function sayChange(unit: Unit, value: Value, before: Value): string | undefined {
  if (value === null || before === null) return undefined;
  const by = value - before;
  // A share in whole points, a time in whole seconds: less than that is as before.
  const least = unit === "share" ? 0.005 : unit === "duration" ? 1_000 : 1;
  if (Math.abs(by) < least) return "±0";
  return `${by > 0 ? "+" : "−"}${sayValue(unit, Math.abs(by))}`;
}

const valueAt = ({ unit, values }: Series, at: number) => sayValue(unit, values[at] ?? null);

/** What a chart tells of one stretch: "Median 2 min 51 sec". */
export function sayAt(chart: Chart, at: number): string {
  const { series } = reportWords[words.language];
  return chart.series.map((one) => `${series[one.id]} ${name(valueAt(one, at))}`).join(" · ");
}

const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
const WEEKDAY = { weekday: "short", day: "numeric" } as const;
const DATE = { day: "numeric", month: "short" } as const;
const DAY = { weekday: "long", day: "numeric", month: "long" } as const;

/** A moment as clocks and calendars of a zone show it. */
function said(at: number, timeZone: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(words.locale, { ...options, timeZone }).format(at);
}

/** A day; with its year, unless that is this one. */
function sayDay(at: number, now: number, zone: string): string {
  const year = (of: number) =>
    new Intl.DateTimeFormat("en", { year: "numeric", timeZone: zone }).format(of);
  return said(at, zone, year(at) === year(now) ? DAY : { ...DAY, year: "numeric" });
}

/** The words below a column, and those that name it in full. */
export function sayStretch(
  { time }: Wanted,
  zone: string,
  [from, until]: [number, number],
  now: number,
) {
  if (stretchOf(time) === "hour") {
    const [begin, end] = [said(from, zone, CLOCK), said(until, zone, CLOCK)];
    return { label: begin, full: reportWords[words.language].span(begin, end) };
  }
  return { label: said(from, zone, time === "7d" ? WEEKDAY : DATE), full: sayDay(from, now, zone) };
}

/** The days of a report. */
export function sayDays(
  wanted: Wanted,
  zone: string,
  edges: readonly number[],
  now: number,
): string {
  const [first, last] = [edges[0] ?? now, (edges.at(-1) ?? now) - 1];
  if (stretchOf(wanted.time) === "hour") return sayDay(first, now, zone);
  return reportWords[words.language].span(said(first, zone, DATE), said(last, zone, DATE));
}

/** The row of a tag, or of the episodes without one. */
export function tagRow({ tag_id, name, ...figures }: Answers["tags"][number]): Named {
  const reports = reportWords[words.language];
  if (tag_id === undefined) return { id: "none", name: reports.noTag, figures };
  return { id: tag_id, name: name ?? reports.nameless, figures };
}

/** The row of an outcome, of the episodes that ended without one, or of those that did not end. */
export function outcomeRow(of: Answers["outcomes"][number]): Named {
  const { outcome_id, name, unresolved = false, ...figures } = of;
  const reports = reportWords[words.language];
  if (unresolved) return { id: "unresolved", name: reports.unresolved, figures };
  if (outcome_id === undefined) return { id: "none", name: reports.noOutcome, figures };
  return { id: outcome_id, name: name ?? reports.nameless, figures };
}

/** How many episodes a reopen rate is of, and of how many nobody knows yet. */
export function saySettled({ resolved, settled }: Figures): string {
  const reports = reportWords[words.language];
  const others = resolved - settled;
  return others === 0 ? reports.ofSettled(settled) : reports.ofSettledAndOpen(settled, others);
}

/** Why there are no figures. */
export function reportFault(error: unknown): string {
  const reports = reportWords[words.language];
  if (error instanceof Fault && error.code === "forbidden") return reports.forbidden;
  if (error instanceof Fault && error.code === "rate_limited") return reports.busy;
  return faultText(error);
}

/** A sentence for somebody who does not see the drawing. */
export function sayChart(chart: Chart, fulls: readonly string[], whole: Value[]): string {
  const reports = reportWords[words.language];
  const [main] = chart.series;
  const found = main && extreme(main.values, chart.id === "within" ? "lowest" : "highest");
  if (main === undefined || found === undefined) return reports.nothing;
  const [a = NOTHING, b = NOTHING] = chart.series.map(({ unit }, n) =>
    sayValue(unit, whole[n] ?? null),
  );
  return reports.says[chart.id](a, b, valueAt(main, found.at), fulls[found.at] ?? "");
}
