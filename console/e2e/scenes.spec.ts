// The scenes of the demo's page: each is played as its lines say, and ends by itself.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Page } from "@playwright/test";
import { type World, expect, long, open, test } from "./world.ts";

const FILES: Record<string, string> = {
  "./": "index.html",
  "page.css": "page.css",
  "page.js": "page.js",
  "scenes.js": "scenes.js",
};
const TYPES = { html: "text/html; charset=utf-8", css: "text/css", js: "text/javascript" };

/** The page as its files are, where the program is an older one. */
async function filesOf(page: Page, url: string) {
  if (process.env["BATON_CONSOLE"] === undefined) return;
  const root = resolve(import.meta.dirname, "../../simulator/src/control/page");
  for (const [path, file] of Object.entries(FILES)) {
    const type = TYPES[file.split(".").at(-1) as keyof typeof TYPES];
    const body = readFileSync(join(root, file));
    await page.route(new URL(path, `${url}/`).href, (route) =>
      route.fulfill({ contentType: type, body }),
    );
  }
}

async function begun(world: World, scene: string): Promise<Page> {
  const page = await world.stranger({ viewport: { width: 1000, height: 900 } });
  await filesOf(page, world.facts.simulator_url);
  await page.goto(world.facts.simulator_url);
  await page.getByTestId(`scene-${scene}`).click();
  await expect(page.getByTestId("step-1")).toHaveClass("now");
  return page;
}

async function reply(desk: Page, text: string) {
  await desk.getByTestId("composer-text").fill(text);
  await desk.getByTestId("send").click();
}

const ended = (page: Page) => expect(page.getByTestId("told")).toContainText("Seen:");

test("a scene of answers that cross ends once what was missed was read", async ({ world }) => {
  const page = await begun(world, "crossing");
  const ana = await world.desk("Ana");
  await open(ana, "Marco");
  await reply(ana, "Yes, it is here.");
  await expect(ana.getByTestId("line-2")).toBeVisible();
  await page.getByTestId("step-act").click();
  await expect(page.getByTestId("step-2")).toHaveClass("done");
  await expect(page.getByTestId("step-3")).toHaveClass("now");
  await ana.getByTestId("line-2").getByRole("button", { name: "Review" }).click();
  await expect(ana.getByTestId("stale-missed")).toContainText("I meant the red one");
  await ana.getByTestId("stale-text").fill("The red one as well.");
  await ana.getByTestId("stale-send").click();
  await ended(page);
  await expect(page.getByTestId("play")).toBeHidden();
});

long("a scene of two agents is played at two desks", async ({ world }) => {
  const page = await begun(world, "agents");
  const [ana, ben] = [await world.desk("Ana"), await world.desk("Ben")];
  await open(ana, "Lucía");
  await open(ben, "Lucía");
  await ana.getByTestId("composer-text").pressSequentially("Yes, on Thursday");
  await expect(ben.getByTestId("lease-strip")).toBeVisible();
  await ben.getByTestId("composer-text").fill("On Friday.");
  await ben.getByTestId("lease-take-over").click();
  await ben.getByTestId("send").click();
  await expect(page.getByTestId("step-2")).toHaveClass("done");
  await expect(ana.getByTestId("timeline")).toContainText("On Friday.");
  await page.getByTestId("step-done").click();
  await ended(page);
});

long("a scene of a lost answer ends with its proof", async ({ world }) => {
  const page = await begun(world, "dark");
  const ana = await world.desk("Ana");
  await open(ana, "Noor");
  await reply(ana, "Since this morning.");
  await expect(page.getByTestId("step-1")).toHaveClass("done");
  await expect(page.getByTestId("step-2")).toHaveClass("done");
  await ended(page);
  await expect(page.getByTestId("lose")).not.toBeChecked();
});

long("a scene of a window that runs out ends with a template", async ({ world }) => {
  const page = await begun(world, "window");
  const ana = await world.desk("Ana");
  await open(ana, "Elif");
  await ana.getByTestId("composer-text").fill("From nine on.");
  await ana.getByTestId("choose-template").click({ timeout: 90_000 });
  await expect(page.getByTestId("step-2")).toHaveClass("done");
  await ana.getByTestId("template-order_update-es").click();
  await ana.getByTestId("blank-body:1").fill("Elif");
  await ana.getByTestId("blank-body:2").fill("4711");
  await ana.getByTestId("template-send").click();
  await ended(page);
});
