// The time that a report is of: the borders of its hours or days, in the workspace's time zone. Where
// the workspace has none, in the reader's own.

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

/** The reader's own zone. */
export const here = () => new Intl.DateTimeFormat().resolvedOptions().timeZone;

const DAY_MS = 24 * HOUR_MS;
const clocks = new Map<string, Intl.DateTimeFormat>();

/** What clocks of a zone show at a moment, as the UTC time at which those of UTC show the same. */
function shown(at: number, zone: string): number {
  const clock =
    clocks.get(zone) ??
    new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  clocks.set(zone, clock);
  const part = Object.fromEntries(
    clock.formatToParts(at).map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  const ms = ((at % 1000) + 1000) % 1000;
  return Date.UTC(year, month - 1, day, hour, minute, second, ms);
}

/** When clocks of a zone first show this. A time that they skip is as much later. */
function momentOf(wall: number, zone: string): number {
  // The clock differs from UTC as it does a day before, or as it does a day after.
  const [before, after] = [-DAY_MS, DAY_MS].map((by) => shown(wall + by, zone) - (wall + by));
  const both = [wall - (before ?? 0), wall - (after ?? 0)];
  const found = both.filter((at) => shown(at, zone) === wall);
  return found.length > 0 ? Math.min(...found) : wall - (before ?? 0);
}

/** When a day begins, so many days from the day of `now`. A skipped midnight counts as 1:00. */
export function dayStart(now: number, days: number, zone: string): number {
  const today = Math.floor(shown(now, zone) / DAY_MS);
  return momentOf((today + days) * DAY_MS, zone);
}

/** Full hours of the clock. A day has 23 or 25 of them when the clock changes. */
function hours(from: number, until: number, zone: string): number[] {
  const edges: number[] = [];
  for (let at = from; at < until;) {
    edges.push(at);
    // Some zones change their clock by half an hour.
    at += HOUR_MS - (Math.floor(shown(at, zone) / MIN_MS) % 60) * MIN_MS;
  }
  return [...edges, until];
}

/** The borders of a period's hours or days, ms, ascending. The last one may be yet to come. */
export function edgesOf(period: Period, now: number, zone: string): number[] {
  const [first, end] = DAYS[period];
  const day = (days: number) => dayStart(now, days, zone);
  if (stretchOf(period) === "hour") return hours(day(first), day(end), zone);
  return Array.from({ length: end - first + 1 }, (_, n) => day(first + n));
}

/** How many days back the time lies that a period is compared with: days of the same weekdays. */
const BACK: Record<Period, number> = { today: 7, yesterday: 7, "7d": 7, "28d": 28 };

/** The time before that a period is compared with. As long as that is under way, so is this. */
export function earlierOf(period: Period, now: number, zone: string): [number, number] {
  const [first, end] = DAYS[period];
  const then = momentOf(shown(now, zone) - BACK[period] * DAY_MS, zone);
  const until = Math.min(then, dayStart(now, end - BACK[period], zone));
  return [dayStart(now, first - BACK[period], zone), until];
}

/** How many stretches between these borders have begun. */
export function begunOf(edges: readonly number[], now: number): number {
  return edges.slice(0, -1).filter((from) => from <= now).length;
}
