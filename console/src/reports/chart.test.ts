import { expect, test } from "vitest";
import {
  band,
  bars,
  columnAt,
  frameOf,
  heightOf,
  labelStep,
  line,
  marks,
  middle,
  steps,
  ticks,
} from "./chart.ts";

const MIN = 60_000;
/** Four columns, each 100 px wide, from 60 to 460; values from 10 (highest) to 146 (zero). */
const frame = frameOf(476, 4);

test("lines of a scale have round values, and the last is not below the highest", () => {
  expect(ticks("count", 0)).toEqual([0, 1]);
  expect(ticks("count", 3)).toEqual([0, 1, 2, 3]);
  expect(ticks("count", 34)).toEqual([0, 10, 20, 30, 40]);
  expect(ticks("count", 4_100)).toEqual([0, 2_000, 4_000, 6_000]);
  expect(ticks("share", 0.3)).toEqual([0, 0.5, 1]);
  expect(ticks("duration", 16 * MIN)).toEqual([0, 5, 10, 15, 20].map((n) => n * MIN));
  expect(ticks("duration", 5 * 60 * MIN).at(-1)).toBe(6 * 60 * MIN);
  const long = ticks("duration", 400 * 24 * 60 * MIN);
  expect(long).toHaveLength(5);
});

test("a point finds its column, also beside the chart", () => {
  expect([60, 159, 161, 459].map((x) => columnAt(frame, x))).toEqual([0, 0, 1, 3]);
  expect([-5, 9_999].map((x) => columnAt(frame, x))).toEqual([0, 3]);
  expect(middle(frame, 1)).toBe(210);
});

test("labels are left out where there is no room", () => {
  expect(labelStep(frame, 48)).toBe(1);
  expect(labelStep(frameOf(300, 24), 40)).toBe(6);
  expect(labelStep(frameOf(73, 24), 40)).toBe(24);
});

test("bars of a column stand side by side; zero and null have none", () => {
  const [first, second] = bars(
    frame,
    [
      [4, 0, null, 2],
      [2, 1, 1, 1],
    ],
    4,
  );
  expect(first?.map((bar) => bar?.height)).toEqual([136, undefined, undefined, 68]);
  expect(second?.[0]?.x).toBeGreaterThanOrEqual((first?.[0]?.x ?? 0) + (first?.[0]?.width ?? 0));
  const [tiny] = bars(frame, [[1]], 100_000);
  expect(tiny?.[0]?.height).toBe(1);
});

test("a line is broken where nothing was measured", () => {
  expect(line(frame, [0, 10, null, 5], 10)).toBe("M110 146L210 10M410 78");
  expect(line(frame, [null, null, null, null], 10)).toBe("");
});

test("a value above the scale is cut off at its top", () => {
  expect(heightOf(frame, 99, 10)).toBe(10);
  expect(heightOf(frame, 5, 0)).toBe(146);
});

test("a band lies between its lines; over one stretch alone it is still there", () => {
  expect(band(frame, [0, 0, null, 0], [10, 5, 7, 10], 10)).toBe(
    "M110 10L210 78L210 146L110 146ZM407 10L413 10L413 146L407 146Z",
  );
});

test("steps are as wide as their columns", () => {
  expect(steps(frame, [1, 0.5, null, 1], 1)).toBe("M60 10H160V78H260M360 10H460");
});

test("only what is above the target is marked as such", () => {
  const all = marks(frame, [5, null, 6, 5.1], 10, 5);
  expect(all.map(({ at, isOver }) => [at, isOver])).toEqual([
    [0, false],
    [2, true],
    [3, true],
  ]);
});
