import { expect, test } from "vitest";
import { chartsOf, extreme, isBlank, isNothing, scaleOf } from "./charts.ts";
import { OF_AGENTS, measureOf, pressed, sorted, valueOf } from "./table.ts";
import { outcomeRow, saySettled, tagRow } from "./say.ts";
import type { Figures, Spread } from "./wire.ts";

const MIN = 60_000;
const NONE: Spread = {
  count: 0,
  mean_ms: null,
  median_ms: null,
  p90_ms: null,
  max_ms: null,
  within: 0,
};
const spread = (median: number, p90: number): Spread => ({
  count: 4,
  mean_ms: median,
  median_ms: median,
  p90_ms: p90,
  max_ms: p90,
  within: 3,
});
const figures = (change: Partial<Figures> = {}): Figures => ({
  received: 0,
  sent: 0,
  turns: 0,
  answered: 0,
  unanswered: 0,
  open: 0,
  opened: 0,
  resolved: 0,
  reopened: 0,
  settled: 0,
  settled_reopened: 0,
  asked: 0,
  rated: 0,
  points: 0,
  first_reply: NONE,
  reply: NONE,
  pick_up: NONE,
  resolution: NONE,
  ...change,
});

test("charts have one value for each stretch, and none where nothing was measured", () => {
  const busy = figures({ received: 9, answered: 4, reply: spread(MIN, 2 * MIN) });
  const all = chartsOf([busy, figures(), undefined], 15 * MIN);
  const values = (id: string) => all.find((one) => one.id === id)?.series.map((one) => one.values);
  expect(values("volume")).toEqual([
    [9, 0, null],
    [4, 0, null],
  ]);
  expect(values("within")).toEqual([
    [0.75, null, null],
    [4, 0, null],
  ]);
  expect(all.map(isBlank)).toEqual([false, true, false, true]);
  expect(chartsOf([undefined], MIN).every(isBlank)).toBe(true);
});

test("what is open for longer than the target is no part of those within it", () => {
  const reply = { ...spread(MIN, 2 * MIN), count: 45, within: 45, open_late: 58 };
  expect(valueOf(figures({ reply }), "within")).toBe(45 / 103);
  expect(valueOf(figures({ reply: { ...NONE, open_late: 2 } }), "within")).toBe(0);
});

test("a scale has room for the target, and a band far above the line is cut off", () => {
  const scale = (median: number, p90: number) => {
    const of = chartsOf([figures({ first_reply: spread(median, p90) })], 15 * MIN)[1];
    if (of === undefined) throw new Error("there is no such chart");
    return scaleOf(of);
  };
  expect(scale(2 * MIN, 4 * MIN)).toEqual({
    ticks: [0, 5, 10, 15].map((n) => n * MIN),
    isCut: false,
  });
  const cut = scale(2 * MIN, 600 * MIN);
  expect([cut.ticks.at(-1), cut.isCut]).toEqual([60 * MIN, true]);
});

test("the highest and the lowest are found among what was measured", () => {
  expect(extreme([null, 3, 9, 9], "highest")).toEqual({ at: 2, value: 9 });
  expect(extreme([null, 0.5, 1], "lowest")).toEqual({ at: 1, value: 0.5 });
  expect(extreme([null], "lowest")).toBeUndefined();
});

test("nothing is nothing only where no figure tells of anything", () => {
  expect(isNothing(figures())).toBe(true);
  expect(isNothing(figures({ open: 1 }))).toBe(false);
  expect(isNothing(figures({ resolution: spread(1, 1) }))).toBe(false);
});

test("rows are ordered by a figure, those without it last, equal ones by name", () => {
  const row = (name: string, first_reply: Spread) => ({
    id: name,
    name,
    figures: figures({ first_reply }),
  });
  const rows = [
    row("Ben", NONE),
    row("Édith", spread(3, 3)),
    row("Zoe", spread(9, 9)),
    row("Ana", spread(3, 3)),
  ];
  const names = (isDown: boolean) =>
    sorted(rows, { by: "first_reply", isDown }, "en").map(({ name }) => name);
  expect(names(true)).toEqual(["Zoe", "Ana", "Édith", "Ben"]);
  expect(names(false)).toEqual(["Ana", "Édith", "Zoe", "Ben"]);
  const byName = sorted(rows, { by: "name", isDown: false }, "en").map(({ name }) => name);
  expect(byName).toEqual(["Ana", "Ben", "Édith", "Zoe"]);
});

test("a press turns a column's order round, a press on another one begins anew", () => {
  const first = pressed({ by: "name", isDown: false }, "answered");
  expect(first).toEqual({ by: "answered", isDown: true });
  expect(pressed(first, "answered")).toEqual({ by: "answered", isDown: false });
  expect(pressed(first, "name")).toEqual({ by: "name", isDown: false });
});

test("a figure leads to what it counts", () => {
  expect(measureOf("within")).toBe("reply");
  expect(measureOf("received")).toBeUndefined();
  expect(measureOf("reopened")).toBe("reopened");
  expect(valueOf(figures({ pick_up: spread(7, 8) }), "pick_up")).toBe(7);
  expect(OF_AGENTS).not.toContain("received");
});

test("a reopen rate is of the episodes that it is known of, and the others are said apart", () => {
  const some = figures({ resolved: 9, reopened: 3, settled: 4, settled_reopened: 1 });
  expect(valueOf(some, "reopen_rate")).toBe(0.25);
  expect(saySettled(some)).toMatch(/4.*5/);
  const young = figures({ resolved: 2, reopened: 2 });
  expect(valueOf(young, "reopen_rate")).toBeNull();
  expect(valueOf(young, "reopened")).toBe(2);
});

test("rows of tags and outcomes filter by their id, or by the word for those without one", () => {
  const id = "01890a5d-ac96-774b-bcce-00000000a004";
  expect(tagRow({ ...figures(), tag_id: id, name: "Refund" })).toMatchObject({
    id,
    name: "Refund",
  });
  expect(tagRow(figures()).id).toBe("none");
  expect(outcomeRow({ ...figures(), outcome_id: id, name: "Sold" })).toMatchObject({
    id,
    name: "Sold",
  });
  expect(outcomeRow(figures()).id).toBe("none");
  expect(outcomeRow({ ...figures(), unresolved: true }).id).toBe("unresolved");
  const erased = outcomeRow({ ...figures(), outcome_id: id });
  expect(erased.id).toBe(id);
  expect(erased.name).not.toBe("");
});
