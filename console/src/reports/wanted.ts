// Which report is wanted: as an address, and as the server is asked.

import type { Id } from "../protocol.ts";
import { PERIODS, type Period } from "./times.ts";
import type { Measure } from "./wire.ts";

const MIN_MS = 60_000;
/** Targets that can be chosen, minutes. */
export const TARGETS = [5, 15, 30, 60] as const;
export type Target = (typeof TARGETS)[number];

const FILTERS = ["team", "channel", "agent"] as const;
/** Only the figures of these. */
export type Only = Partial<Record<(typeof FILTERS)[number], Id>>;

export interface Wanted {
  time: Period;
  target: Target;
  only: Only;
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What an address says. Unknown words mean today, 15 minutes and no filter. */
export function wantedOf(query: URLSearchParams): Wanted {
  const of = (name: string) => query.get(name) ?? "";
  const only = FILTERS.filter((name) => ID.test(of(name))).map((name) => [name, of(name)]);
  return {
    time: PERIODS.find((one) => one === of("time")) ?? "today",
    target: TARGETS.find((one) => String(one) === of("within")) ?? 15,
    only: Object.fromEntries(only) as Only,
  };
}

/** As an address; what is usual is left out. */
export function queryOf({ time, target, only }: Wanted): URLSearchParams {
  const query = new URLSearchParams();
  if (time !== "today") query.set("time", time);
  if (target !== 15) query.set("within", String(target));
  return withOnly(query, only);
}

function withOnly(query: URLSearchParams, only: Only): URLSearchParams {
  for (const name of FILTERS) {
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
