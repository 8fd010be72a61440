// Times and durations for people, by `Intl`; the catalogue knows nothing of them.

import { isolate } from "./messages/isolate.ts";

const MIN = 60_000;
const HOUR = 60 * MIN;
const DAY = 24 * HOUR;

/** Formats are dear to make, and each is used by every row: one of each is kept. */
const numbers = new Map<string, Intl.NumberFormat>();
const dates = new Map<string, Intl.DateTimeFormat>();

function dated(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale} ${Object.entries(options).flat().join(" ")}`;
  const kept = dates.get(key) ?? new Intl.DateTimeFormat(locale, options);
  dates.set(key, kept);
  return kept;
}

function numbered(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${locale} ${Object.entries(options).flat().join(" ")}`;
  const kept = numbers.get(key) ?? new Intl.NumberFormat(locale, options);
  numbers.set(key, kept);
  return kept;
}

function unit(locale: string, value: number, of: "second" | "minute" | "hour" | "day"): string {
  return numbered(locale, { style: "unit", unit: of, unitDisplay: "short" }).format(value);
}

export function count(locale: string, value: number): string {
  return numbered(locale, {}).format(value);
}

/** An age in one unit: "12 min", "22 hr". */
/** How many, where there is room for three signs. */
export function badge(locale: string, value: number): string {
  return value > 99 ? `${count(locale, 99)}+` : count(locale, value);
}

export function age(locale: string, ms: number): string {
  if (ms < MIN) return unit(locale, 0, "minute");
  if (ms < HOUR) return unit(locale, Math.floor(ms / MIN), "minute");
  if (ms < 2 * DAY) return unit(locale, Math.floor(ms / HOUR), "hour");
  return unit(locale, Math.floor(ms / DAY), "day");
}

/** What is left, in two units; by the second under 10 minutes. */
export function left(locale: string, ms: number): string {
  if (ms < 10 * MIN) {
    const [min, s] = [Math.floor(ms / MIN), Math.floor((ms % MIN) / 1000)];
    const seconds = unit(locale, s, "second");
    return min === 0 ? seconds : `${unit(locale, min, "minute")} ${seconds}`;
  }
  const [h, min] = [Math.floor(ms / HOUR), Math.floor((ms % HOUR) / MIN)];
  if (h === 0) return unit(locale, min, "minute");
  return min === 0
    ? unit(locale, h, "hour")
    : `${unit(locale, h, "hour")} ${unit(locale, min, "minute")}`;
}

/** How long something took, in at most two units: "42 sec", "4 min 12 sec", "1 hr 20 min". */
export function took(locale: string, ms: number): string {
  const parts = [
    [Math.floor(ms / DAY), "day"],
    [Math.floor((ms % DAY) / HOUR), "hour"],
    [Math.floor((ms % HOUR) / MIN), "minute"],
    [Math.floor((ms % MIN) / 1000), "second"],
  ] as const;
  const first = parts.findIndex(([value]) => value > 0);
  if (first === -1) return unit(locale, 0, "second");
  // From 10 minutes on, seconds say nothing.
  const most = ms < 10 * MIN ? 4 : 3;
  const said = parts.slice(first, Math.min(first + 2, most)).filter(([value]) => value > 0);
  return said.map(([value, of]) => unit(locale, value, of)).join(" ");
}

export function clock(locale: string, at: number): string {
  return dated(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);
}

const dayOf = (at: number) => new Date(at).setHours(0, 0, 0, 0);

/** Days between the day of `at` and today: 0 today, 1 yesterday. */
export function daysAgo(at: number, now: number): number {
  return Math.round((dayOf(now) - dayOf(at)) / DAY);
}

/** The day of a line, without the words for today and yesterday. */
export function day(locale: string, at: number, now: number): string {
  const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return dated(locale, {
    weekday: "long",
    day: "numeric",
    month: "long",
    ...(isThisYear ? {} : { year: "numeric" }),
  }).format(at);
}

/** When something was last said: the time today, the weekday this week, else the date. */
export function when(locale: string, at: number, now: number): string {
  const ago = daysAgo(at, now);
  if (ago <= 0) return clock(locale, at);
  if (ago < 7) return dated(locale, { weekday: "short" }).format(at);
  return date(locale, at);
}

/** A day of the year: "23 Nov". */
export function date(locale: string, at: number): string {
  return dated(locale, { day: "numeric", month: "short" }).format(at);
}

/** A moment to come, or a moment gone: with its day, unless that is today. */
export function moment(locale: string, at: number, now: number): string {
  if (daysAgo(at, now) === 0) return clock(locale, at);
  return dated(locale, {
    weekday: "short",
    ...(Math.abs(daysAgo(at, now)) < 7 ? {} : { day: "numeric", month: "short" }),
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(at);
}

export function list(locale: string, names: string[]): string {
  return new Intl.ListFormat(locale, { type: "conjunction" }).format(names);
}

/** The next time that this hour comes on this weekday (0 Sunday), or tomorrow. */
export function nextAt(now: number, hour: number, weekday?: number): number {
  const at = new Date(now);
  at.setHours(hour, 0, 0, 0);
  do at.setDate(at.getDate() + 1);
  while (weekday !== undefined && at.getDay() !== weekday);
  return at.getTime();
}

/** Two letters for an avatar; of a number its end, since the country's code says little. */
export function initials(name: string): string {
  if (/^\+\d/.test(name)) return name.replace(/\D/g, "").slice(-2);
  const words = name
    .trim()
    .split(/\s+/)
    .filter((word) => /[\p{L}\p{N}]/u.test(word));
  const first = (word: string | undefined) => [...(word ?? "")][0] ?? "";
  const last = words.length > 1 ? first(words.at(-1)) : ([...(words[0] ?? "")][1] ?? "");
  return (first(words[0]) + last).toLocaleUpperCase() || "?";
}

/** One of eight hues, always the same for the same id. */
export function hue(id: string): number {
  let sum = 0;
  for (const char of id) sum = (sum * 31 + char.charCodeAt(0)) >>> 0;
  return (sum % 8) + 1;
}

export const firstName = (name: string): string => name.trim().split(/\s+/)[0] ?? name;

/** A number as people read it. */
export function phone(digits: string): string {
  return `+${digits}`.replace(/^(\+\d{2})(\d{3})(\d{3})(\d{2,})$/, "$1 $2 $3 $4");
}

/** A size in one unit: "840 kB", "4.2 MB". */
export function bytes(locale: string, count: number): string {
  const [value, unit] =
    count < 1000
      ? [count, "byte"]
      : count < 1e6
        ? [count / 1e3, "kilobyte"]
        : [count / 1e6, "megabyte"];
  const unitDisplay = unit === "byte" ? "long" : "short";
  const options = { style: "unit", unit, unitDisplay, maximumFractionDigits: 1 } as const;
  const size = new Intl.NumberFormat(locale, options).format(value);
  // Browsers have no Arabic words for units: Latin ones would change places with their number.
  return locale.startsWith("ar") ? isolate(size) : size;
}

/** A part of 1 in percent. */
export function part(locale: string, value: number): string {
  return numbered(locale, { style: "percent" }).format(value);
}
