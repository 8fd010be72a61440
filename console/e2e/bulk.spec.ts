// Several conversations at once, by touch, by keys and by mouse.
import type { Locator, Page } from "@playwright/test";
import { type World, expect, long, open, reveal, test } from "./world.ts";

const TABLET = { viewport: { width: 820, height: 1180 }, hasTouch: true };

/** Presses a row with a finger until something came of it. */
async function hold(page: Page, row: Locator, until: Locator) {
  const box = await row.boundingBox();
  if (box === null) throw new Error("the row is not to be seen");
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  const touch = await page.context().newCDPSession(page);
  await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [at] });
  await expect(until).toBeVisible();
  await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
}

async function write(world: World, names: string[]) {
  for (const name of names) await world.customer(name).says("¿Cuándo llega?");
}

/** The rows of these customers, whose names begin alike. */
const rowsOf = (page: Page, name: string) =>
  page.getByTestId("list").getByRole("article").filter({ hasText: name });

test("a supervisor moves ten of the list by touch and takes it back; a lost answer does nothing twice", async ({
  world,
}) => {
  const names = Array.from({ length: 10 }, (_, n) => `Mover ${n + 1}`);
  await write(world, names);
  const sofia = await world.desk("Sofia", TABLET);
  const ben = world.login("Ben").agent_id;
  const row = async (name: string) => (await reveal(sofia, name)).locator("xpath=ancestor::a");
  const bar = sofia.getByTestId("action-bar");
  await hold(sofia, await row("Mover 1"), bar);
  await expect(bar).toContainText("1 chosen");
  for (const name of names.slice(1)) await (await row(name)).tap();
  await expect(bar).toContainText("10 chosen");
  // Nothing was opened by it.
  await expect(sofia).toHaveURL(/inbox\/open$/);

  // The server hears them, and its answer gets lost.
  const sent: string[][] = [];
  await sofia.route("**/api/v1/commands", async (route) => {
    const all = route.request().postDataJSON() as { op_id: string; type: string }[];
    if (!all.some(({ type }) => type === "assign")) return route.continue();
    sent.push(all.map(({ op_id }) => op_id));
    if (sent.length > 1) return route.continue();
    await route.fetch();
    return route.abort("connectionreset");
  });
  await bar.getByTestId("action-move").tap();
  await sofia.getByTestId(`move-to-${ben}`).tap();
  await expect(sofia.getByTestId("toast")).toContainText("10 moved to Ben");
  expect(sent).toHaveLength(2);
  expect(new Set(sent[0]).size).toBe(10);
  expect(sent[1]).toEqual(sent[0]);
  await expect(rowsOf(sofia, "Mover").filter({ hasText: "Ben" })).toHaveCount(10);
  await expect(bar).toBeHidden();
  await sofia.unroute("**/api/v1/commands");
  await sofia.getByTestId("toast-undo").tap();
  await expect(sofia.getByTestId("toast")).toContainText("Undone: 10");
  await expect(rowsOf(sofia, "Mover").filter({ hasText: "Desk queue" })).toHaveCount(10);
});

test("an agent chooses by keys: what is a colleague's is shown first and stays", async ({
  world,
}) => {
  const [ana, ben] = [await world.desk("Ana"), await world.desk("Ben")];
  for (const name of ["Keys 1", "Keys 2", "Keys 3"]) {
    await write(world, [name]);
    // Webhooks overtake each other: the next is later only when this one has come.
    await expect(rowsOf(ana, name)).toHaveCount(1);
  }
  await open(ben, "Keys 2");
  await ben.getByTestId("claim").click();
  const row = async (name: string) => (await reveal(ana, name)).locator("xpath=ancestor::a");
  await expect(await row("Keys 2")).toContainText("Ben");
  await (await row("Keys 1")).focus();
  await ana.keyboard.press("x");
  await expect(ana.getByTestId("action-bar")).toContainText("1 chosen");
  await ana.keyboard.press("Shift+ArrowDown");
  await ana.keyboard.press("Shift+ArrowDown");
  await expect(ana.getByTestId("action-bar")).toContainText("3 chosen");
  await expect(await row("Keys 3")).toHaveAttribute("aria-checked", "true");
  await ana.getByTestId("action-move").click();
  await ana.getByTestId(`move-to-${world.login("Ana").agent_id}`).click();
  const asked = ana.getByTestId("bulk-ask");
  await expect(asked).toContainText("Move 2 of 3 to you?");
  await expect(asked.getByRole("listitem")).toHaveCount(1);
  await expect(asked).toContainText("Ben has it");
  await ana.getByTestId("bulk-go").click();
  await expect(ana.getByTestId("toast")).toContainText("2 moved to you");
  await ana.keyboard.press("z");
  await expect(ana.getByTestId("toast")).toContainText("Undone: 2");
  await expect(rowsOf(ana, "Keys").filter({ hasText: "Desk queue" })).toHaveCount(2);
  // By mouse: one, then a run; what is resolved opens again and is in its queue.
  await (await row("Keys 1")).click({ modifiers: ["Control"] });
  await (await row("Keys 3")).click({ modifiers: ["Shift"] });
  await expect(ana.getByTestId("action-bar")).toContainText("3 chosen");
  await expect(ana).toHaveURL(/inbox\/open$/);
  await (await row("Keys 2")).click();
  await ana.getByTestId("action-resolve").click();
  await expect(ana.getByTestId("toast")).toContainText("2 resolved");
  await expect(rowsOf(ana, "Keys")).toHaveCount(1);
  await ana.keyboard.press("z");
  await expect(ana.getByTestId("toast")).toContainText("Undone: 2");
  await expect(rowsOf(ana, "Keys").filter({ hasText: "Desk queue" })).toHaveCount(2);
  // Escape lets them go.
  await (await row("Keys 1")).click({ modifiers: ["Control"] });
  await ana.keyboard.press("Escape");
  await expect(ana.getByTestId("action-bar")).toBeHidden();
});

long(
  "a row is swiped aside: snoozed one way, resolved the other, each with a way back",
  async ({ world }) => {
    await write(world, ["Swipe 1", "Swipe 2"]);
    const ana = await world.desk("Ana", { viewport: { width: 390, height: 844 }, hasTouch: true });
    const touch = await ana.context().newCDPSession(ana);
    const swipe = async (name: string, by: number, isHalf = false) => {
      const box = await (await reveal(ana, name)).locator("xpath=ancestor::a").boundingBox();
      if (box === null) throw new Error(`${name} is not to be seen`);
      const y = box.y + box.height / 2;
      const from = box.x + box.width / 2;
      const send = (type: "touchStart" | "touchMove" | "touchEnd", x?: number) =>
        touch.send("Input.dispatchTouchEvent", {
          type,
          touchPoints: x === undefined ? [] : [{ x, y }],
        });
      await send("touchStart", from);
      for (let step = 1; step <= 6; step += 1) await send("touchMove", from + (by * step) / 6);
      if (isHalf)
        for (let step = 5; step >= 1; step -= 1) await send("touchMove", from + (by * step) / 6);
      await send("touchEnd");
    };
    // By mouse: browsers drop a tap within 300 ms of a swipe, as if it stopped the scrolling.
    const undo = () => ana.getByTestId("toast-undo").click();
    await swipe("Swipe 1", 170, true);
    await expect(rowsOf(ana, "Swipe")).toHaveCount(2);
    await expect(ana).toHaveURL(/inbox\/open$/);
    await swipe("Swipe 1", 170);
    await expect(ana.getByTestId("toast")).toContainText("1 snoozed until");
    await expect(rowsOf(ana, "Swipe")).toHaveCount(1);
    await undo();
    await expect(ana.getByTestId("toast")).toContainText("Undone: 1");
    await expect(rowsOf(ana, "Swipe")).toHaveCount(2);
    await swipe("Swipe 2", -170);
    await expect(ana.getByTestId("toast")).toContainText("1 resolved");
    await expect(rowsOf(ana, "Swipe")).toHaveCount(1);
    await undo();
    await expect(ana.getByTestId("toast")).toContainText("Undone: 1");
    await expect(rowsOf(ana, "Swipe")).toHaveCount(2);
  },
);

long("what was refused is told one by one; a snooze is taken back", async ({ world }) => {
  await write(world, ["Late 1", "Late 2", "Late 3"]);
  const [sofia, ben] = [await world.desk("Sofia", { at: "/board" }), await world.desk("Ben")];
  const queue = sofia.getByTestId("queue");
  const row = (name: string) => queue.locator("li").filter({ hasText: name });
  await expect(row("Late 3")).toBeVisible();
  // What Ben takes is not told here in time.
  world.deafen(sofia);
  for (const name of ["Late 1", "Late 2"]) {
    await open(ben, name);
    await ben.getByTestId("claim").click();
    await expect(ben.getByTestId("owner-chip")).toContainText("You");
  }
  await sofia.getByTestId("board-select").click();
  for (const name of ["Late 1", "Late 2", "Late 3"]) {
    await row(name).getByRole("button").first().click();
  }
  await sofia.getByTestId("action-move").click();
  await sofia.getByTestId(`move-to-${world.login("Ana").agent_id}`).click();
  await expect(sofia.getByTestId("toast")).toContainText("Late is with Ana now, 2 not");
  await sofia.getByTestId("bulk-show").click();
  const left = sofia.getByTestId("left-sheet");
  await expect(left.getByRole("listitem")).toHaveCount(2);
  await expect(left).toContainText("Late 1");
  await expect(left).toContainText("Ben was faster");
  await sofia.keyboard.press("Escape");
  world.undeafen(sofia);
  await expect(row("Late 1")).toContainText("Ben");

  await sofia.goto("/inbox/open");
  for (const name of ["Late 1", "Late 2"]) {
    const found = await reveal(sofia, name);
    await found.click({ modifiers: ["Control"] });
  }
  await sofia.getByTestId("action-snooze").click();
  await sofia.getByTestId("bulk-snooze-tomorrow").click();
  await expect(sofia.getByTestId("toast")).toContainText("2 snoozed until");
  await expect(rowsOf(sofia, "Late")).toHaveCount(1);
  await sofia.getByTestId("toast-undo").click();
  await expect(sofia.getByTestId("toast")).toContainText("Undone: 2");
  await expect(rowsOf(sofia, "Late")).toHaveCount(3);
});
