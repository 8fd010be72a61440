// @vitest-environment happy-dom
import { mount, unmount } from "svelte";
import { afterEach, expect, test } from "vitest";
import { sourceWords } from "../messages/sources.ts";
import type { ContextTold } from "../protocol.ts";
import SourceRows from "./SourceRows.svelte";
import { shownSources } from "./sources.ts";

const SHOP: ContextTold = {
  source_id: "1",
  name: "Shop",
  state: "fresh",
  title: "Lucía",
  rows: [{ label: "Last order", value: "<b>4711</b>", link: "https://shop.example/4711" }],
  at: "2026-07-01T09:00:00.000Z",
};
let undraw: (() => void) | undefined;
afterEach(() => {
  undraw?.();
  undraw = undefined;
});
function draw(told: ContextTold[], isAsking = false): HTMLElement {
  const drawn = mount(SourceRows, { target: document.body, props: { told, isAsking } });
  undraw = () => void unmount(drawn);
  return document.body;
}
const said = (told: ContextTold) => shownSources([told], sourceWords.en, (at) => at)[0];

test("what a source says is text with a link, and never markup", () => {
  const page = draw([SHOP]);
  expect(page.querySelector("b")).toBeNull();
  const link = page.querySelector("a");
  expect(link?.textContent).toBe("<b>4711</b>");
  expect(link?.getAttribute("href")).toBe("https://shop.example/4711");
  expect(page.querySelector("h3")?.textContent).toBe("Shop");
});

test("while sources are asked the card says so", () => {
  expect(draw([], true).querySelector("[aria-busy=true]")?.textContent).toContain(
    sourceWords.en.asking,
  );
});

test("a source that does not answer shows what it last said, and since when", () => {
  const away = said({ ...SHOP, state: "unavailable", why: "late" });
  expect(away?.rows).toEqual(SHOP.rows);
  expect([away?.note, away?.why]).toEqual([
    sourceWords.en.asOf(SHOP.at ?? ""),
    sourceWords.en.why.late,
  ]);
  const spent = said({ ...SHOP, state: "unavailable", why: "spent" });
  expect([spent?.rows, spent?.why]).toEqual([SHOP.rows, sourceWords.en.why.spent]);
  const never = {
    source_id: "2",
    name: "CRM",
    state: "unavailable",
    why: "down",
    rows: [],
  } as const;
  expect(said({ ...never, rows: [] })?.note).toBe(sourceWords.en.never);
});

test("a state or reason of a later version is one that is not available", () => {
  const later = { ...SHOP, state: "resting", why: "asleep" } as unknown as ContextTold;
  expect(said(later)?.note).toContain(SHOP.at);
  expect(said(later)?.why).toBeUndefined();
});

test("a link that is not https is no link", () => {
  for (const link of ["http://shop.example", "javascript:alert(1)", "https://a@b.example"]) {
    expect(said({ ...SHOP, rows: [{ label: "a", value: "b", link }] })?.rows).toEqual([
      { label: "a", value: "b" },
    ]);
  }
});
