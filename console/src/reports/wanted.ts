// Which report is wanted: as an address, and as the server is asked.

import type { Id } from "../protocol.ts";
import { PERIODS, type Period } from "./times.ts";
import type { Measure } from "./wire.ts";

const MIN_MS = 60_000;
/** Targets that can be chosen, minutes. */
export const TARGETS = [5, 15, 30, 60] as const;
export type Target = (typeof TARGETS)[number];

/** `hours` is a schedule: times are measured while it is open. */
const FILTERS = ["team", "channel", "agent", "hours"] as const;
/** Tags and outcomes: an id, or the server's word for those without one. */
const LABELS = ["tag", "outcome"] as const;
/** Only the figures of these. */
export type Only = Partial<Record<(typeof FILTERS)[number], Id>> &
  Partial<Record<(typeof LABELS)[number], Id | "none" | "unresolved">>;
/** What the rows of the table stand for. */
export const GROUPINGS = ["agent", "team", "channel", "tag", "outcome"] as const;
export type Grouping = (typeof GROUPINGS)[number];

export interface Wanted {
  time: Period;
  target: Target;
  only: Only;
  by: Grouping;
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What an address says. Unknown words mean today, 15 minutes, no filter and agents. */
export function wantedOf(query: URLSearchParams): Wanted {
  const of = (name: string) => query.get(name) ?? "";
  const only = FILTERS.filter((name) => ID.test(of(name))).map((name) => [name, of(name)]);
  return {
    time: PERIODS.find((one) => one === of("time")) ?? "today",
    target: TARGETS.find((one) => String(one) === of("within")) ?? 15,
    only: Object.fromEntries(only) as Only,
    by: GROUPINGS.find((one) => one === of("by")) ?? "agent",
  };
}

/** As an address; what is usual is left out. */
export function queryOf({ time, target, only, by }: Wanted): URLSearchParams {
  const query = new URLSearchParams();
  if (time !== "today") query.set("time", time);
  if (target !== 15) query.set("within", String(target));
  withOnly(query, only);
  if (by !== "agent") query.set("by", by);
  return query;
}

/** Whether the same figures are read for both: they are grouped on the page. */
export function isSameRead(one: Wanted, other: Wanted): boolean {
  const key = (of: Wanted) => queryOf({ ...of, by: "agent" }).toString();
  return key(one) === key(other);
}

function withOnly(query: URLSearchParams, only: Only): URLSearchParams {
  for (const name of [...FILTERS, ...LABELS]) {
    const id = only[name];
    if (id !== undefined) query.set(name, id);
  }
  return query;
}

export const targetMs = ({ target }: Wanted): number => target * MIN_MS;

/** The path of the figures between these borders. */
export function figuresPath(wanted: Wanted, edges: readonly number[]): string {
  const query = withOnly(new URLSearchParams(), wanted.only);
  query.set("within_ms", String(targetMs(wanted)));
  // Commas stay readable in the server's log.
  return `/reports/answers?edges=${edges.join(",")}&${query}`;
}

/** A part of a report: one of its figures, from when until when, and of whom. */
export interface Part {
  measure: Measure;
  from: number;
  until: number;
  only: Only;
}

/** The path of the conversations behind a figure. */
export function behindPath({ measure, from, until, only }: Part): string {
  const query = new URLSearchParams({ measure, from: String(from), until: String(until) });
  return `/reports/answers/conversations?${withOnly(query, only)}`;
}

/** The address of the file with everything that was measured. */
export function fileAddress({ from, until, only }: Omit<Part, "measure">): string {
  const query = new URLSearchParams({ from: String(from), until: String(until) });
  return `/api/v1/reports/answers.csv?${withOnly(query, only)}`;
}
