// Tags: put on and taken off by keys, seen by others at once, renamed, ended, and a view of each.
import type { Page } from "@playwright/test";
import { opId } from "../src/live/outbox.ts";
import { expect, leaveText, long, open } from "./world.ts";

/** As the form of the settings does it. */
async function make(page: Page, body: object): Promise<string> {
  const id = opId(Date.now(), crypto.getRandomValues(new Uint8Array(16)));
  const answer = await page.request.put(`/api/v1/tags/${id}`, {
    headers: { "if-none-match": "*", origin: new URL(page.url()).origin },
    data: { home: { kind: "workspace" }, body },
  });
  expect(answer.status(), await answer.text()).toBeLessThan(300);
  return id;
}

long(
  "a conversation is tagged by keys, colleagues see it, and the tag has a view",
  async ({ world }) => {
    const lucia = world.customer("Lucía Vera");
    await lucia.says("I want my money back");
    const admin = await world.desk("Admin");
    const topic = { group: "Topic", one_of_group: true };
    const refund = await make(admin, { name: "Refund", colour: "red", ...topic });
    const order = await make(admin, { name: "Order", colour: "blue", ...topic });
    const vip = await make(admin, { name: "VIP", lasting: true, set_by: "supervisors" });
    const ana = await world.desk("Ana");
    const id = await open(ana, lucia.name);
    await leaveText(ana);
    await ana.keyboard.press("l");
    await expect(ana.getByTestId("tag-picker")).toBeVisible();
    await expect(ana.getByTestId(`tag-option-${vip}`)).toHaveAttribute("aria-disabled", "true");
    await ana.keyboard.type("ref");
    await ana.keyboard.press("Enter");
    await expect(ana.getByTestId("tag-picker")).toHaveCount(0);
    await expect(ana.getByTestId("tags").getByTestId(`tag-${refund}`)).toContainText("Refund");
    await expect(admin.getByTestId(`row-${id}`).getByTestId(`tag-${refund}`)).toBeVisible();

    // One of a group holds.
    await ana.keyboard.press("l");
    await expect(ana.getByTestId("tag-picker")).toBeVisible();
    await ana.keyboard.type("order");
    await expect(ana.getByTestId(`tag-option-${order}`)).toContainText("takes Refund off");
    await ana.keyboard.press("Enter");
    await expect(ana.getByTestId("tags").getByTestId(`tag-${order}`)).toBeVisible();
    await expect(ana.getByTestId("tags").getByTestId(`tag-${refund}`)).toHaveCount(0);

    // Its view, and its new name without a reload.
    await expect(ana.getByTestId(`view-count-tag-${order}`)).toHaveText("1");
    await admin.goto(`/settings/tags/${order}`);
    await admin.getByTestId("field-name").fill("Purchase");
    await admin.getByTestId("field-name").blur();
    await expect(ana.getByTestId("tags").getByTestId(`tag-${order}`)).toContainText("Purchase");
    await ana.getByTestId(`view-tag-${order}`).click();
    await expect(ana.getByTestId(`row-${id}`)).toBeVisible();

    // Ended, it is no tag one may put on, and comes off.
    await admin.getByTestId("setting-end").click();
    await admin.getByTestId("setting-end-go").click();
    await open(ana, lucia.name);
    await expect(ana.getByTestId("tags").getByTestId(`tag-${order}`)).toContainText(
      "A tag that ended",
    );
    await ana.getByTestId(`tag-remove-${order}`).click();
    await expect(ana.getByTestId("tags")).toHaveCount(0);
  },
);
