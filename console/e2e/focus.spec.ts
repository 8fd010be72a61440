// Whoever goes by keyboard sees where they are: each stop looks other with the focus than without.
import type { Page } from "@playwright/test";
import { expect, long, open } from "./world.ts";

/** Stops of a page that are looked at. */
const STOPS = 45;
const AROUND = 6;

interface Stop {
  name: string;
  box: { x: number; y: number; width: number; height: number } | undefined;
}

const stop = (page: Page) =>
  page.evaluate((around): Stop | undefined => {
    const element = document.activeElement;
    if (element === null || element === document.body) return undefined;
    const { x, y, width, height } = element.getBoundingClientRect();
    const name =
      element.getAttribute("aria-label") ?? element.textContent?.trim().slice(0, 40) ?? "";
    const left = Math.max(0, x - around);
    const top = Math.max(0, y - around);
    const right = Math.min(innerWidth, x + width + around);
    const bottom = Math.min(innerHeight, y + height + around);
    const isSeen = right > left && bottom > top && width > 1 && height > 1;
    const box = { x: left, y: top, width: right - left, height: bottom - top };
    const testid = element.getAttribute("data-testid") ?? "";
    return { name: `${element.tagName} ${testid} ${name}`, box: isSeen ? box : undefined };
  }, AROUND);

/** The stops of a page that look the same with and without the focus. */
async function unseen(page: Page): Promise<{ stops: number; alike: string[] }> {
  const alike: string[] = [];
  const seen = new Set<string>();
  let stops = 0;
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  for (; stops < STOPS; stops += 1) {
    await page.keyboard.press("Tab");
    const here = await stop(page);
    if (here === undefined) break;
    const key = JSON.stringify(here);
    if (seen.has(key)) break;
    seen.add(key);
    if (here.box === undefined) continue;
    const { box: clip } = here;
    const focused = await page.screenshot({ clip, animations: "disabled" });
    const element = await page.evaluateHandle(() => document.activeElement as HTMLElement);
    await element.evaluate((one) => one.blur());
    const blurred = await page.screenshot({ clip, animations: "disabled" });
    if (focused.equals(blurred)) alike.push(here.name);
    // The place from which Tab goes on stays where the focus was.
  }
  return { stops, alike };
}

long("each stop of the keyboard can be seen, on each page", async ({ world }) => {
  const lucia = world.customer("Lucía Vera");
  await lucia.says("Is it ready?");
  await world.customer("Owen Hughes").says("Hello");
  const ana = await world.desk("Ana");
  await open(ana, lucia.name);
  const pages: [string, Page][] = [["a conversation", ana]];
  for (const at of ["/inbox/open", "/settings/you", "/people", "/search?q=ready"]) {
    pages.push([at, await world.desk("Ana", { at })]);
  }
  for (const at of ["/board", "/reports", "/settings/teams", "/review"]) {
    pages.push([at, await world.desk("Sofia", { at })]);
  }
  pages.push(["/sign-in", await world.stranger()]);
  await pages.at(-1)?.[1].goto("/sign-in");
  for (const [name, page] of pages) {
    await page.waitForLoadState("networkidle").catch(() => undefined);
    const { stops, alike } = await unseen(page);
    expect.soft(alike, name).toEqual([]);
    expect.soft(stops, name).toBeGreaterThan(3);
    await page.close();
  }
});
