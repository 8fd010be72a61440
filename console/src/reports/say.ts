// Figures of reports as people read them, in the language in use.

import * as format from "../format.ts";
import { Fault } from "../live/api.ts";
import { name, words } from "../messages/index.svelte.ts";
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
  const { series } = words.t.reports;
  return chart.series.map((one) => `${series[one.id]} ${name(valueAt(one, at))}`).join(" · ");
}

/** The words below a column, and those that name it in full. */
export function sayStretch(wanted: Wanted, from: number, until: number, now: number) {
  const { locale, t } = words;
  if (stretchOf(wanted.time) === "hour") {
    const [begin, end] = [format.clock(locale, from), format.clock(locale, until)];
    return { label: begin, full: t.reports.span(begin, end) };
  }
  const label = wanted.time === "7d" ? format.weekday(locale, from) : format.date(locale, from);
  return { label, full: format.day(locale, from, now) };
}

/** The days of a report. */
export function sayDays(wanted: Wanted, edges: readonly number[], now: number): string {
  const { locale, t } = words;
  const [first, last] = [edges[0] ?? now, (edges.at(-1) ?? now) - 1];
  if (stretchOf(wanted.time) === "hour") return format.day(locale, first, now);
  return t.reports.span(format.date(locale, first), format.date(locale, last));
}

/** The row of a tag, or of the episodes without one. */
export function tagRow({ tag_id, name, ...figures }: Answers["tags"][number]): Named {
  const { reports } = words.t;
  if (tag_id === undefined) return { id: "none", name: reports.noTag, figures };
  return { id: tag_id, name: name ?? reports.nameless, figures };
}

/** The row of an outcome, of the episodes that ended without one, or of those that did not end. */
export function outcomeRow(of: Answers["outcomes"][number]): Named {
  const { outcome_id, name, unresolved = false, ...figures } = of;
  const { reports } = words.t;
  if (unresolved) return { id: "unresolved", name: reports.unresolved, figures };
  if (outcome_id === undefined) return { id: "none", name: reports.noOutcome, figures };
  return { id: outcome_id, name: name ?? reports.nameless, figures };
}

/** How many episodes a reopen rate is of, and of how many nobody knows yet. */
export function saySettled({ resolved, settled }: Figures): string {
  const { reports } = words.t;
  return reports.ofSettled(settled, resolved - settled);
}

/** Why there are no figures. */
export function reportFault(error: unknown): string {
  const { reports } = words.t;
  if (error instanceof Fault && error.code === "forbidden") return reports.forbidden;
  if (error instanceof Fault && error.code === "rate_limited") return reports.busy;
  return faultText(error);
}

/** A sentence for somebody who does not see the drawing. */
export function sayChart(chart: Chart, fulls: readonly string[], whole: Value[]): string {
  const { reports } = words.t;
  const [main] = chart.series;
  const found =
    main && extreme(main.values, chart.id === "within" ? "lowest" : "highest");
  if (main === undefined || found === undefined) return reports.nothing;
  const [a = NOTHING, b = NOTHING] = chart.series.map(({ unit }, n) =>
    sayValue(unit, whole[n] ?? null),
  );
  return reports.says[chart.id](a, b, valueAt(main, found.at), fulls[found.at] ?? "");
}
