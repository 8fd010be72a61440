// Where marks of a chart lie, px. No colours, no words: numbers in, numbers and paths out.
// Time runs from left to right in every language.

export type Unit = "count" | "duration" | "share";
/** Null where nothing was measured. */
export type Value = number | null;

export const HEIGHT = 168;
const TOP = 10;
const FOOT = 22;
const START = 60;
/** Room for half of the last label. */
const END = 16;
/** A column's marks take this part of it, and at most so much, px. */
const FILL = 0.72;
const BAR_MAX = 28;
const GAP = 1.5;
/** A band over one stretch alone is so wide, px. */
const ALONE = 3;

/** The area of the marks, and how many columns it has. */
export interface Frame {
  x0: number;
  x1: number;
  /** Of the highest value, and of zero. */
  y0: number;
  y1: number;
  columns: number;
}

export function frameOf(width: number, columns: number): Frame {
  return { x0: START, x1: Math.max(START + 1, width - END), y0: TOP, y1: HEIGHT - FOOT, columns };
}

const round = (value: number) => Math.round(value * 10) / 10;
const columnWidth = ({ x0, x1, columns }: Frame) => (x1 - x0) / Math.max(1, columns);

/** The middle of a column. */
export function middle(frame: Frame, at: number): number {
  return round(frame.x0 + columnWidth(frame) * (at + 0.5));
}

/** The column under a point; the nearest one beside the chart. */
export function columnAt(frame: Frame, x: number): number {
  const at = Math.floor((x - frame.x0) / columnWidth(frame));
  return Math.max(0, Math.min(frame.columns - 1, at));
}

/** Every how many columns a label of this width has room. */
export function labelStep(frame: Frame, width: number): number {
  const steps = [1, 2, 3, 4, 6, 7, 12, 14];
  return steps.find((step) => columnWidth(frame) * step >= width) ?? frame.columns;
}

const S = 1_000;
const MIN = 60 * S;
const HOUR = 60 * MIN;
const DAY = 24 * HOUR;
const DURATION_STEPS = [
  ...[1, 5, 10, 15, 30].map((n) => n * S),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MIN),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 5, 10, 30].map((n) => n * DAY),
];
const INTERVALS = 4;

/** Values that have a line: from zero to the first round one that is not below the highest. */
export function ticks(unit: Unit, highest: number): number[] {
  if (unit === "share") return [0, 0.5, 1];
  const step = unit === "count" ? countStep(highest) : durationStep(highest);
  const last = Math.max(1, Math.ceil(highest / step));
  return Array.from({ length: last + 1 }, (_, n) => n * step);
}

function countStep(highest: number): number {
  for (let ten = 1; ; ten *= 10) {
    const step = [1, 2, 5].map((n) => n * ten).find((n) => highest / n <= INTERVALS);
    if (step !== undefined) return step;
  }
}

function durationStep(highest: number): number {
  const found = DURATION_STEPS.find((step) => highest / step <= INTERVALS);
  return found ?? Math.ceil(highest / INTERVALS / DAY) * DAY;
}

/** How high a value is drawn. One above the highest is cut off there. */
export function heightOf(frame: Frame, value: number, highest: number): number {
  const part = highest <= 0 ? 0 : Math.min(1, value / highest);
  return round(frame.y1 - part * (frame.y1 - frame.y0));
}

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** One bar for each value, those of a column side by side. Zero and null have none. */
export function bars(frame: Frame, series: readonly (readonly Value[])[], highest: number) {
  const width = columnWidth(frame);
  const all = Math.min(width * FILL, BAR_MAX * series.length);
  const gap = width > 8 ? GAP : 0;
  const one = (all - gap * (series.length - 1)) / series.length;
  return series.map((values, n) =>
    values.map((value, at): Rect | undefined => {
      if (value === null || value <= 0) return undefined;
      const y = Math.min(heightOf(frame, value, highest), frame.y1 - 1);
      const x = frame.x0 + width * (at + 0.5) - all / 2 + n * (one + gap);
      return { x: round(x), y, width: round(one), height: round(frame.y1 - y) };
    }),
  );
}

interface Point {
  at: number;
  value: number;
}

type Spot = readonly [x: number, y: number];

/** Values in a row that were measured. */
function runs(values: readonly Value[]): Point[][] {
  const all: Point[][] = [];
  for (const [at, value] of values.entries()) {
    if (value === null) continue;
    const run = all.at(-1);
    if (run !== undefined && run.at(-1)?.at === at - 1) run.push({ at, value });
    else all.push([{ at, value }]);
  }
  return all;
}

/** A line through the middles of columns. It is broken where nothing was measured. */
export function line(frame: Frame, values: readonly Value[], highest: number): string {
  const say = ({ at, value }: Point, n: number) =>
    `${n === 0 ? "M" : "L"}${middle(frame, at)} ${heightOf(frame, value, highest)}`;
  return runs(values)
    .map((run) => run.map(say).join(""))
    .join("");
}

/** The area between two lines. */
export function band(
  frame: Frame,
  low: readonly Value[],
  high: readonly Value[],
  highest: number,
): string {
  const both = high.map((value, at) => ((low[at] ?? null) === null ? null : value));
  const edge = (points: Point[], of: readonly Value[]) =>
    points.map(({ at }): Spot => [middle(frame, at), heightOf(frame, of[at] ?? 0, highest)]);
  return runs(both)
    .map((run) => {
      const [upper, lower] = [edge(run, high), edge(run, low)];
      const [first] = upper;
      const around =
        upper.length === 1 && first !== undefined
          ? [...beside(first), ...beside(lower[0] ?? first).reverse()]
          : [...upper, ...lower.reverse()];
      return `M${around.map(([x, y]) => `${x} ${y}`).join("L")}Z`;
    })
    .join("");
}

function beside([x, y]: Spot): Spot[] {
  return [
    [round(x - ALONE), y],
    [round(x + ALONE), y],
  ];
}

/** Steps as wide as their columns. */
export function steps(frame: Frame, values: readonly Value[], highest: number): string {
  const width = columnWidth(frame);
  const begin = ({ at, value }: Point, n: number) => {
    const y = heightOf(frame, value, highest);
    const from = n === 0 ? `M${round(frame.x0 + width * at)} ${y}` : `V${y}`;
    return `${from}H${round(frame.x0 + width * (at + 1))}`;
  };
  return runs(values)
    .map((run) => run.map(begin).join(""))
    .join("");
}

export interface Mark {
  at: number;
  x: number;
  y: number;
  /** It is above the target. */
  isOver: boolean;
}

/** A mark for each value that was measured. */
export function marks(
  frame: Frame,
  values: readonly Value[],
  highest: number,
  target = Number.POSITIVE_INFINITY,
): Mark[] {
  return runs(values).flatMap((run) =>
    run.map(({ at, value }) => ({
      at,
      x: middle(frame, at),
      y: heightOf(frame, value, highest),
      isOver: value > target,
    })),
  );
}

/** The place of a column's shade. */
export function shade(frame: Frame, at: number): Rect {
  const width = columnWidth(frame);
  const { y0, y1 } = frame;
  return { x: round(frame.x0 + width * at), y: y0 - 6, width: round(width), height: y1 - y0 + 6 };
}
