import type { Page } from "@playwright/test";
import { expect, long, open, test } from "./world.ts";

const TABLET = { viewport: { width: 1180, height: 820 }, hasTouch: true };
const BOARD = { ...TABLET, at: "/board" };

/** Presses the middle of one element for long, drags it to another one, lets go: with a finger. */
async function dragByTouch(page: Page, from: string, to: string) {
  const middle = async (testid: string) => {
    const box = await page.getByTestId(testid).boundingBox();
    if (box === null) throw new Error(`${testid} is not to be seen`);
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  };
  const [start, end] = [await middle(from), await middle(to)];
  const touch = await page.context().newCDPSession(page);
  const send = (type: "touchStart" | "touchMove" | "touchEnd", at?: { x: number; y: number }) =>
    touch.send("Input.dispatchTouchEvent", { type, touchPoints: at === undefined ? [] : [at] });
  await send("touchStart", start);
  await expect(page.locator(".drag")).toBeVisible();
  for (let step = 1; step <= 5; step += 1) {
    const part = step / 5;
    const x = start.x + (end.x - start.x) * part;
    await send("touchMove", { x, y: start.y + (end.y - start.y) * part });
  }
  await expect(page.getByTestId(to)).toHaveClass(/drop/);
  await send("touchEnd");
}

test("a supervisor moves ten by touch and takes it back", async ({ world }) => {
  const names = Array.from({ length: 10 }, (_, n) => `Mover ${n + 1}`);
  for (const name of names) await world.customer(name).says("¿Cuándo llega?");
  const sofia = await world.desk("Sofia", TABLET);
  await sofia.getByTestId("rail-board").click();
  const ben = world.login("Ben").agent_id;
  const queue = sofia.getByTestId("queue");
  await expect(queue.getByText("Mover 10", { exact: true })).toBeVisible();
  await sofia.getByTestId("board-select").click();
  for (const name of names) await queue.getByText(name, { exact: true }).tap();
  await expect(sofia.getByTestId("action-bar")).toContainText("10 chosen");
  await sofia.getByTestId("action-move").tap();
  await sofia.getByTestId(`move-to-${ben}`).tap();
  await expect(sofia.getByTestId("toast")).toContainText("10 moved to Ben");
  const mine = queue.locator("li").filter({ hasText: "Mover" });
  await expect(mine.filter({ hasText: "Ben" })).toHaveCount(10);
  await sofia.getByTestId("toast-undo").tap();
  await expect(sofia.getByTestId("toast")).toContainText("Undone: 10");
  await expect(mine.filter({ hasText: "Desk queue" })).toHaveCount(10);
});

test("after a long press more are chosen, by their rows and by their circles", async ({
  world,
}) => {
  const names = ["Longa", "Mireia", "Nadal"];
  for (const name of names) await world.customer(name).says("¿Cuándo llega?");
  const sofia = await world.desk("Sofia", TABLET);
  await sofia.getByTestId("rail-board").click();
  const row = (name: string) => sofia.getByTestId("queue").locator("li").filter({ hasText: name });
  const box = await row("Longa").boundingBox();
  if (box === null) throw new Error("the row is not to be seen");
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  const touch = await sofia.context().newCDPSession(sofia);
  await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [at] });
  await expect(sofia.locator(".drag")).toBeVisible();
  await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  const bar = sofia.getByTestId("action-bar");
  await expect(bar).toContainText("1 chosen");
  await row("Mireia").getByText("Mireia", { exact: true }).tap();
  await expect(bar).toContainText("2 chosen");
  await row("Nadal").getByTestId("queue-tick").tap();
  await expect(bar).toContainText("3 chosen");
  await row("Longa").getByTestId("queue-tick").tap();
  await expect(bar).toContainText("2 chosen");
});

test("one is dragged to a person by touch; what somebody did since is not undone", async ({
  world,
}) => {
  const karin = world.customer("Karin Holm");
  await karin.says("Hej! Är den klar?");
  const [ana, ben] = [await world.desk("Ana"), await world.desk("Ben")];
  await open(ben, karin.name);
  const id = await open(ana, karin.name);
  const sofia = await world.desk("Sofia", BOARD);
  const [anaId, benId] = [world.login("Ana").agent_id, world.login("Ben").agent_id];
  await sofia.getByTestId(`queue-row-${id}`).scrollIntoViewIfNeeded();
  await dragByTouch(sofia, `queue-row-${id}`, `agent-card-${anaId}`);
  await expect(sofia.getByTestId("toast")).toContainText("Karin is with Ana now");
  await expect(ana.getByTestId("owner-chip")).toContainText("You");
  // The same without a drag.
  await sofia.getByTestId(`queue-row-${id}`).getByTestId("queue-grip").tap();
  await sofia.getByTestId(`move-to-${benId}`).tap();
  await expect(sofia.getByTestId("toast")).toContainText("Karin is with Ben now");
  await expect(ana.getByTestId("owner-chip")).toContainText("Ben");
  await expect(ben.getByTestId("owner-chip")).toContainText("You");
  await ben.getByTestId("more").click();
  await ben.getByTestId("more-unassign").click();
  await expect(sofia.getByTestId(`queue-row-${id}`)).toContainText("Desk queue");
  await sofia.getByTestId("toast-undo").tap();
  await expect(sofia.getByTestId("toast")).toContainText("nothing was undone");
});

long("whoever is full is only given more when that is meant", async ({ world }) => {
  const lena = world.customer("Lena Vogt");
  await lena.says("Ist es fertig?");
  const admin = await world.desk("Admin");
  const chloe = world.login("Chloe").agent_id;
  await admin.evaluate(async (id) => {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ capacity: 1 });
    await fetch(`/api/v1/agents/${id}`, { method: "PATCH", headers, body });
  }, chloe);
  const sofia = await world.desk("Sofia", BOARD);
  const card = sofia.getByTestId(`agent-card-${chloe}`);
  await expect(card).toContainText("0 of 1");
  const row = sofia.getByTestId("queue").locator("li").filter({ hasText: "Lena Vogt" });
  await row.getByTestId("queue-grip").tap();
  await sofia.getByTestId(`move-to-${chloe}`).tap();
  await expect(card).toContainText("1 of 1");
  const vera = world.customer("Vera Lindt");
  await vera.says("Hallo?");
  const other = sofia.getByTestId("queue").locator("li").filter({ hasText: "Vera Lindt" });
  await other.getByTestId("queue-grip").tap();
  await sofia.getByTestId(`move-to-${chloe}`).tap();
  const dialog = sofia.getByRole("alertdialog");
  await expect(dialog).toContainText("Chloe is full (1 of 1)");
  await sofia.getByTestId("assign-anyway").tap();
  await expect(card).toContainText("2 of 1");
});

long(
  "a supervisor watches silently: nobody is told, and taking over ends it",
  async ({ world }) => {
    const rita = world.customer("Rita Prado");
    await rita.says("Olá, ainda há bilhetes?");
    const ana = await world.desk("Ana");
    const id = await open(ana, rita.name);
    await ana.getByTestId("claim").click();
    await expect(ana.getByTestId("owner-chip")).toContainText("You");
    const sofia = await world.desk("Sofia", BOARD);
    await sofia.getByTestId(`agent-card-${world.login("Ana").agent_id}`).tap();
    await expect(sofia).toHaveURL(/board\/agent/);
    await sofia.getByTestId(`join-${id}`).tap();
    await expect(sofia.getByTestId("watch-bar")).toBeVisible();
    await ana.getByTestId("composer-text").pressSequentially("Sim, ainda há");
    await expect(sofia.getByTestId("watch-draft")).toContainText("Sim, ainda há");
    await rita.says("São dois.");
    await expect(sofia.getByTestId("line-2")).toContainText("São dois");
    // Somebody who looks is shown; whoever watches is not.
    await expect(ana.getByTestId("viewers")).toHaveCount(0);
    await sofia.getByTestId("watch-take-over").tap();
    await expect(sofia).toHaveURL(new RegExp(`inbox/mine/${id}`));
    await expect(ana.getByTestId("owner-chip")).toContainText("Sofia");
    await expect(ana.getByTestId("viewers")).toBeVisible();
    // An agent has no board.
    await expect(ana.getByTestId("rail-board")).toHaveCount(0);
  },
);

test("a coaching note reaches the agent who is watched, and no colleague", async ({ world }) => {
  const olga = world.customer("Olga Prieto");
  await olga.says("¿Puedo cambiarlo?");
  const [ana, ben] = [await world.desk("Ana"), await world.desk("Ben")];
  const id = await open(ana, olga.name);
  await ana.getByTestId("claim").click();
  await expect(ana.getByTestId("owner-chip")).toContainText("You");
  await open(ben, olga.name);
  const sofia = await world.desk("Sofia", BOARD);
  await sofia.getByTestId(`agent-card-${world.login("Ana").agent_id}`).tap();
  await sofia.getByTestId(`join-${id}`).tap();
  await expect(sofia.getByTestId("coach-send")).toBeDisabled();
  await sofia.getByTestId("coach-text").fill("Offer the exchange first");
  await sofia.getByTestId("coach-send").tap();
  const note = (page: Page) => page.getByRole("note").filter({ hasText: "Offer the exchange" });
  await expect(note(sofia)).toContainText("Only Ana and supervisors see this");
  await expect(sofia.getByTestId("coach-text")).toHaveValue("");
  await expect(note(ana)).toContainText("Only you and supervisors see this");
  await expect(note(ana)).toContainText("Sofia");
  // Something that came after it: by then the note would be there, too.
  await olga.says("Lo necesito hoy.");
  await expect(ben.getByTestId("line-2")).toContainText("Lo necesito hoy");
  const said = (page: Page) => page.evaluate(() => document.documentElement.outerHTML);
  expect(await said(ben)).not.toContain("Offer the exchange");
  // It is there for the agent who comes back, and still for no colleague.
  await ana.reload();
  await expect(note(ana)).toBeVisible();
  await sofia.getByTestId("watch-take-over").tap();
  await expect(ana.getByTestId("owner-chip")).toContainText("Sofia");
  await ben.reload();
  await expect(ben.getByTestId("line-2")).toContainText("Lo necesito hoy");
  expect(await said(ben)).not.toContain("Offer the exchange");
});
