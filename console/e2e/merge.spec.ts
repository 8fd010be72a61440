// A tag is merged: the dialog says how many carry it, open tabs show the other at once, and it is undone.
import { setting } from "./seeded.ts";
import { expect, leaveText, long, open } from "./world.ts";

long("a tag is merged under an open tab, and the merge is undone", async ({ world }) => {
  const lucia = world.customer("Lucía Vera");
  await lucia.says("Quiero mi dinero");
  const admin = await world.desk("Admin");
  const refund = await setting(admin, "tags", { name: "Refund", colour: "red" });
  const reclaim = await setting(admin, "tags", { name: "Reclaim" });
  const ana = await world.desk("Ana");
  await open(ana, lucia.name);
  await leaveText(ana);
  await ana.keyboard.press("l");
  await ana.getByTestId(`tag-option-${reclaim}`).click();
  await ana.keyboard.press("Escape");
  await expect(ana.getByTestId(`tag-${reclaim}`).first()).toBeVisible();

  await admin.goto(`/settings/tags/${reclaim}`);
  await admin.getByTestId("tag-merge").click();
  await expect(admin.getByTestId("tag-merge-count")).toHaveText("1 conversation carries it.");
  await admin.getByTestId("tag-merge-into").selectOption(refund);
  await admin.getByTestId("tag-merge-go").click();
  await expect(ana.getByTestId(`tag-${refund}`).first()).toBeVisible();
  await expect(ana.getByTestId(`tag-${reclaim}`)).toHaveCount(0);
  await admin.getByTestId("tag-unmerge").click();
  await expect(ana.getByTestId(`tag-${reclaim}`).first()).toBeVisible();
});
