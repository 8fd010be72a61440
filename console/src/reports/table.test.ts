// @vitest-environment happy-dom
import { flushSync, mount, unmount } from "svelte";
import { afterEach, expect, test, vi } from "vitest";
import FiguresTable from "./FiguresTable.svelte";
import { COLUMNS, type Named } from "./table.ts";
import type { Figures, Spread } from "./wire.ts";

const NONE: Spread = {
  count: 0,
  mean_ms: null,
  median_ms: null,
  p90_ms: null,
  max_ms: null,
  within: 0,
};
const figures = (change: Partial<Figures>): Figures => ({
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

let drawn: object | undefined;
function draw(rows: Named[]) {
  const onopen = vi.fn();
  const props = {
    id: "outcome",
    title: "Outcomes",
    times: "Wall clock",
    columns: COLUMNS,
    rows,
    onopen,
  } as const;
  drawn = mount(FiguresTable, { target: document.body, props });
  flushSync();
  return onopen;
}
afterEach(() => {
  if (drawn !== undefined) void unmount(drawn);
  drawn = undefined;
  document.body.replaceChildren();
});
const row = (id: string) => document.querySelector(`[data-testid="report-row-${id}"]`);

test("the reopened lead to their conversations, and the rate says what it is of", () => {
  const sold = figures({ resolved: 9, reopened: 3, settled: 4, settled_reopened: 1 });
  const rows = [{ id: "none", name: "Resolved without an outcome", figures: sold }];
  const onopen = draw(rows);
  const figure = row("none")?.querySelector<HTMLElement>('[data-testid="figure-reopened"]');
  expect(figure?.textContent).toBe("3");
  figure?.click();
  expect(onopen).toHaveBeenCalledWith(rows[0], "reopened");
  const rate = row("none")?.querySelector("td:last-child");
  expect(rate?.textContent).toContain("25%");
  expect(rate?.textContent).toContain("of 4, 5 not over yet");
  expect(rate?.querySelector("button")).toBeNull();
});

test("names are text, and a group without rows says that nothing was measured", () => {
  draw([{ id: "a", name: "<img src=x onerror=alert(1)>", figures: figures({}) }]);
  expect(row("a")?.querySelector("img")).toBeNull();
  expect(row("a")?.textContent).toContain("<img");
  if (drawn !== undefined) void unmount(drawn);
  drawn = undefined;
  draw([]);
  expect(document.body.textContent).toContain("Nothing was measured");
});
