// The time that a report is of: the borders of its hours or days, in the reader's own time zone.

export const PERIODS = ["today", "yesterday", "7d", "28d"] as const;
export type Period = (typeof PERIODS)[number];
export type Stretch = "hour" | "day";

const MIN_MS = 60_000;
const HOUR_MS = 60 * MIN_MS;

/** The first day of each period and the day after its last, counted from today. */
const DAYS: Record<Period, readonly [number, number]> = {
  today: [0, 1],
  yesterday: [-1, 0],
  "7d": [-6, 1],
  "28d": [-27, 1],
};

export function stretchOf(period: Period): Stretch {
  return period === "today" || period === "yesterday" ? "hour" : "day";
}

/** When a day begins, so many days from the day of `now`. A skipped midnight counts as 1:00. */
export function dayStart(now: number, days: number): number {
  const day = new Date(now);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + days).getTime();
}

/** Full hours of the clock. A day has 23 or 25 of them when the clock changes. */
function hours(from: number, until: number): number[] {
  const edges: number[] = [];
  for (let at = from; at < until; ) {
    edges.push(at);
    // Some zones change their clock by half an hour.
    at += HOUR_MS - new Date(at).getMinutes() * MIN_MS;
  }
  return [...edges, until];
}

/** The borders of a period's hours or days, ms, ascending. The last one may be yet to come. */
export function edgesOf(period: Period, now: number): number[] {
  const [first, end] = DAYS[period];
  if (stretchOf(period) === "hour") return hours(dayStart(now, first), dayStart(now, end));
  return Array.from({ length: end - first + 1 }, (_, n) => dayStart(now, first + n));
}

/** How many days back the time lies that a period is compared with: days of the same weekdays. */
const BACK: Record<Period, number> = { today: 7, yesterday: 7, "7d": 7, "28d": 28 };

/** The time before that a period is compared with. As long as that is under way, so is this. */
export function earlierOf(period: Period, now: number): [number, number] {
  const [first, end] = DAYS[period];
  const day = new Date(now);
  day.setDate(day.getDate() - BACK[period]);
  const until = Math.min(day.getTime(), dayStart(now, end - BACK[period]));
  return [dayStart(now, first - BACK[period]), until];
}

/** How many stretches between these borders have begun. */
export function begunOf(edges: readonly number[], now: number): number {
  return edges.slice(0, -1).filter((from) => from <= now).length;
}
