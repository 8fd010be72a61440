// Minutes of a day, as fields of the time have them.

export type Span = [from: number, until: number];

const DAY = 1_440;

export function clockOf(minutes: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)}`;
}

/** Undefined where nothing is typed. */
export function minutesOf(clock: string): number | undefined {
  const [, hours, minutes] = /^(\d\d):(\d\d)/.exec(clock) ?? [];
  return hours === undefined ? undefined : Number(hours) * 60 + Number(minutes);
}

/** A span with another end or beginning; midnight at its end is that of the day after. */
export function moved([from, until]: Span, end: 0 | 1, clock: string): Span {
  const at = minutesOf(clock);
  if (at === undefined) return [from, until];
  return end === 0 ? [at, until] : [from, at === 0 ? DAY : at];
}

/** The spans of a day with one more: office hours, or what follows the last one after an hour. */
export function added(spans: readonly Span[]): Span[] {
  const last = spans.at(-1)?.[1];
  if (last === undefined) return [[540, 1_080]];
  const from = last + 60;
  return from >= DAY ? [...spans] : [...spans, [from, Math.min(from + 180, DAY)]];
}

/** In order, as they are kept. */
export const sorted = (spans: readonly Span[]): Span[] => [...spans].sort((a, b) => a[0] - b[0]);
