// After the 24 hours: a template is chosen, its blanks are filled, and the customer gets it.
import type { Page } from "@playwright/test";
import { expect, long, open } from "./world.ts";

const DAY_AND_MORE_MS = 25 * 3_600_000;

/** Puts the page's clock ahead of the server's; it goes on from there. */
async function ahead(page: Page, ms: number) {
  await page.evaluate((by) => {
    Date.now = () => Math.round(performance.timeOrigin + performance.now()) + by;
  }, ms);
}

long("after the 24 hours a template is filled and read before it is sent", async ({ world }) => {
  const lucia = world.customer("Lucía Vera");
  await lucia.says("Is it ready?");
  const ana = await world.desk("Ana");
  await open(ana, lucia.name);
  await ahead(ana, DAY_AND_MORE_MS);
  await ana.getByTestId("choose-template").click();
  await ana.getByTestId("template-order_update-es").click();
  await ana.getByTestId("blank-body:1").fill("Lucía");
  await expect(ana.getByTestId("template-send")).toBeDisabled();
  await ana.getByTestId("blank-body:2").fill("4711");
  const said = "Hola Lucía, su pedido 4711 está listo.";
  await expect(ana.getByTestId("template-preview")).toHaveText(said);
  // The server takes nothing that says it was made a day ahead.
  await ahead(ana, 0);
  await ana.getByTestId("template-send").click();
  await expect(ana.getByTestId("line-2")).toContainText(said);
  await expect.poll(async () => (await world.reached()).join()).toContain("order_update");

  // An admin sees whose templates they are.
  const admin = await world.desk("Admin", { at: "/settings/numbers" });
  await expect(admin.locator('[data-testid^="templates-"]')).toContainText("5 templates");
});
