// How a page looks: what axe finds in it, and pictures of it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { OUT } from "./server.ts";
import { expect } from "./world.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const SIZES = {
  phone: { width: 390, height: 844 },
  tablet: { width: 820, height: 1180 },
  wide: { width: 1180, height: 820 },
  desktop: { width: 1440, height: 900 },
} as const;

/** What axe finds. It writes markup, so that pages with it run without their policy. */
export async function faults(
  page: Page,
  { isColoured = true, within }: { isColoured?: boolean; within?: string | undefined } = {},
): Promise<string[]> {
  await page.evaluate((axe) => {
    if (!("axe" in window)) (0, eval)(axe);
  }, AXE);
  return page.evaluate(
    async ({ isColoured, within }) => {
      const { axe } = window as unknown as {
        axe: { run: (of: Document | string, how: object) => Promise<{ violations: Violation[] }> };
      };
      interface Violation {
        id: string;
        nodes: { html: string; failureSummary: string }[];
      }
      const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
      const rules = { "color-contrast": { enabled: isColoured } };
      const { violations } = await axe.run(within ?? document, { runOnly: tags, rules });
      return violations.map(
        ({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)} ${nodes[0]?.failureSummary}`,
      );
    },
    { isColoured, within },
  );
}

/** Where pictures are wanted: they are taken of each size in both themes. */
const isPictured = process.env["BATON_PICTURES"] !== undefined;
const isAll = process.env["BATON_JOURNEYS"] === "all";

/** Whether a page is examined so: colours are the same at every size, the layout in both themes. */
function isExamined(size: keyof typeof SIZES, theme: "light" | "dark"): boolean {
  if (size === "phone") return theme === "light";
  if (size === "desktop") return theme === "dark" || isAll;
  return isAll && size === "tablet" && theme === "light";
}

/** Widths at which nothing may be out of reach. */
const WIDTHS = [360, 390, 820, 1024];

/** What can be pressed, and is cut off at a side where nothing scrolls. */
export function cut(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const pressed =
      "button, a[href], input, select, textarea, summary, [role=button], [role=slider]";
    // What only a keyboard or a screen reader meets, and files that are chosen by a button.
    const unseen = ".vh, .skip, [aria-hidden=true], [type=file]";
    const found: string[] = [];
    for (const one of document.querySelectorAll<HTMLElement>(pressed)) {
      if (one.closest(unseen) !== null || !one.checkVisibility()) continue;
      const box = one.getBoundingClientRect();
      if (box.width <= 1 || box.height <= 1) continue;
      let [from, to] = [0, innerWidth];
      for (let up = one.parentElement; up !== null; up = up.parentElement) {
        const { overflowX } = getComputedStyle(up);
        if (overflowX === "visible") continue;
        // A strip that is moved sideways; what is read downwards is not.
        const isStrip = !up.matches(".scroll, .db") && up.scrollWidth > up.clientWidth + 1;
        if (isStrip && overflowX !== "hidden" && overflowX !== "clip") {
          [from, to] = [-Infinity, Infinity];
          break;
        }
        const around = up.getBoundingClientRect();
        [from, to] = [Math.max(from, around.left), Math.min(to, around.right)];
        // It lies over the page.
        if (up.matches("dialog")) break;
      }
      if (box.left >= from - 1 && box.right <= to + 1) continue;
      const name = one.getAttribute("aria-label") ?? one.textContent?.trim().slice(0, 30) ?? "";
      const testid = one.getAttribute("data-testid") ?? one.className;
      found.push(
        `${testid} "${name}" ${Math.round(box.left)}–${Math.round(box.right)} of ${from}–${to}`,
      );
    }
    return [...new Set(found)];
  });
}

/** Words that run out of the box that holds them, or end there without a sign. */
export function spilt(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
      const of = node.parentElement;
      if (of === null || (node.textContent ?? "").trim() === "") continue;
      if (of.closest(".vh, .skip, svg, option, select, textarea, script, style") !== null) continue;
      if (!of.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
      let box: HTMLElement | null = of;
      while (box !== null && /^(inline|contents)$/.test(getComputedStyle(box).display))
        box = box.parentElement;
      if (box === null) continue;
      const { overflowX, textOverflow, clipPath } = getComputedStyle(box);
      // What is only heard, and what is moved sideways.
      if (clipPath !== "none" || /auto|scroll/.test(overflowX)) continue;
      const isCut = textOverflow === "ellipsis" || box.closest(".cut") !== null;
      const range = document.createRange();
      range.selectNodeContents(node);
      // What is cut with a sign keeps its beginning.
      if (isCut) {
        const whole = (box.closest(".cut") ?? box).textContent?.trim() ?? "";
        if (!whole.startsWith((node.textContent ?? "").trim())) continue;
        range.setEnd(node, 1);
      }
      const [text, around] = [range.getBoundingClientRect(), box.getBoundingClientRect()];
      if (text.width === 0 || around.width <= 1) continue;
      if (text.left >= around.left - 1.5 && text.right <= around.right + 1.5) continue;
      const words = (node.textContent ?? "").trim().slice(0, 40);
      found.push(
        `${box.tagName} ${box.className} "${words}" ${Math.round(text.left)}–${Math.round(text.right)} of ${Math.round(around.left)}–${Math.round(around.right)}`,
      );
    }
    return [...new Set(found)];
  });
}

/** Lets everything be reached at each width. */
export async function reachable(page: Page, name: string) {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 844 });
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(drawn)));
    expect.soft(await cut(page), `${name}: cut off at ${width}`).toEqual([]);
  }
}

/** A page at each size: no fault of accessibility, nothing too wide. */
export async function looks(page: Page, name: string) {
  const before = page.viewportSize() ?? SIZES.desktop;
  for (const size of Object.keys(SIZES) as (keyof typeof SIZES)[]) {
    for (const theme of ["light", "dark"] as const) {
      if (!isPictured && !isExamined(size, theme)) continue;
      await page.setViewportSize(SIZES[size]);
      await page.emulateMedia({ colorScheme: theme });
      await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(drawn)));
      if (isPictured) {
        await page.screenshot({ path: join(OUT, "pictures", `${name}-${size}-${theme}.png`) });
      }
      if (!isExamined(size, theme)) continue;
      expect.soft(await faults(page), `${name} ${size} ${theme}`).toEqual([]);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect.soft(wide, `${name} ${size} is too wide`).toBeLessThanOrEqual(0);
    }
  }
  await reachable(page, name);
  await page.setViewportSize(before);
}
