// Settings of every kind: made, changed in two browsers, looked back at, and ended.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { type KindInfo, kindsModule } from "../build/kinds.ts";
import { looks, reachable } from "./looks.ts";
import { expect, long, test } from "./world.ts";

const MODULE = join(import.meta.dirname, "../src/settings/kind/kinds.ts");

/** A field that is typed into and left. */
async function type(page: Page, field: string, text: string) {
  await page.getByTestId(`field-${field}`).fill(text);
  await page.getByTestId(`field-${field}`).blur();
}

async function makeTag(page: Page, name: string): Promise<string> {
  await page.goto("/settings/tags");
  await expect(page.getByTestId("setting-new")).toBeEnabled();
  await page.keyboard.press("c");
  await page.getByTestId("field-name").fill(name);
  await page.getByTestId("setting-make").click();
  await expect(page.getByTestId("setting-version")).toContainText("1");
  return page.url().split("/").at(-1) ?? "";
}

test("a tag is made, renamed elsewhere, reverted, and changed by two at once", async ({
  world,
}) => {
  const admin = await world.desk("Admin", { at: "/settings/tags" });
  await expect(admin.getByTestId("settings-empty")).toBeVisible();
  // What the pages are drawn from is what the server declares.
  const declared = await admin.evaluate(async () => (await fetch("/api/v1/settings/kinds")).json());
  const text = kindsModule(declared as KindInfo[]);
  if (process.env["BATON_WRITE"] !== undefined) writeFileSync(MODULE, text);
  expect(text).toBe(readFileSync(MODULE, "utf8"));

  const id = await makeTag(admin, "Refund");
  const sofia = await world.desk("Sofia", { at: "/settings/tags" });
  await sofia.getByTestId(`setting-${id}`).getByRole("link").click();
  await type(sofia, "name", "Money back");
  await expect(sofia.getByTestId("toast")).toBeVisible();
  // Without a reload, in the list and in the form.
  await expect(admin.getByTestId(`setting-${id}`)).toContainText("Money back");
  await expect(admin.getByTestId("field-name")).toHaveValue("Money back");
  await expect(admin.getByTestId("setting-version")).toContainText("2");

  await admin.getByTestId("tab-history").click();
  await admin.getByTestId("version-1").click();
  await expect(admin.getByTestId("setting-diff")).toContainText("Refund");
  await admin.getByTestId("setting-revert").click();
  await expect(admin.getByTestId("version-3")).toBeVisible();
  await expect(sofia.getByTestId("field-name")).toHaveValue("Refund");
  await admin.getByTestId("toast-undo").click();
  await expect(sofia.getByTestId("field-name")).toHaveValue("Money back");

  // Sofia does not hear of it: what she sends is of an older version.
  await admin.getByTestId("tab-form").click();
  world.deafen(sofia);
  await type(admin, "name", "Refunds");
  await expect(admin.getByTestId("setting-version")).toContainText("5");
  await type(sofia, "name", "Cash back");
  await expect(sofia.getByTestId("conflict-name")).toContainText("Refunds");
  await sofia.getByTestId("conflict-save").click();
  world.undeafen(sofia);
  await expect(sofia.getByTestId("setting-version")).toContainText("6");
  await expect(admin.getByTestId("field-name")).toHaveValue("Cash back");

  // A name that is taken stays at its field; the rest is saved.
  await admin.getByTestId("setting-close").click();
  await makeTag(admin, "Order");
  await type(admin, "name", "cash back");
  await expect(admin.getByTestId("field-name")).toHaveAttribute("aria-invalid", "true");
  await admin.getByTestId("field-lasting").getByRole("switch").check();
  await expect(admin.getByTestId("setting-version")).toContainText("2");
  await expect(admin.getByTestId("setting-state")).toContainText("1 field");

  const ana = await world.desk("Ana", { at: `/settings/tags/${id}` });
  await expect(ana.getByTestId("rights-lack")).toBeVisible();
  await expect(ana.getByTestId("field-name")).toBeDisabled();
});

test("what nothing keeps is said, and one press takes it away", async ({ world }) => {
  const admin = await world.desk("Admin", { at: "/settings/team-policies", bypassCSP: true });
  await admin.getByTestId("settings-list").getByRole("link").first().click();
  await type(admin, "undo_s", "3");
  await expect(admin.getByTestId("setting-version")).toContainText("1");
  await expect(admin.getByTestId("not-kept")).toBeHidden();
  // It was set in an earlier version: today nobody can.
  await admin.route("**/api/v1/team-policies", async (route) => {
    const answer = await route.fetch();
    const all = (await answer.json()) as { body: object; not_kept?: string[] }[];
    for (const one of all)
      Object.assign(one, { body: { ...one.body, guests: "anyone" }, not_kept: ["guests"] });
    await route.fulfill({ response: answer, json: all });
  });
  await admin.reload();
  await expect(admin.getByTestId("not-kept")).toContainText("let somebody in");
  await looks(admin, "settings-not-kept");
  const put = admin.waitForRequest((request) => request.method() === "PUT");
  await admin.getByTestId("take-guests").click();
  expect(((await put).postDataJSON() as { body: object }).body).toEqual({ undo_s: 3 });
});

test("what is used asks before it ends, and who used it is shown as broken", async ({ world }) => {
  const admin = await world.desk("Admin");
  const tag = await makeTag(admin, "Refund");
  await admin.goto("/settings/canned-replies/new");
  await admin.getByTestId("field-title").fill("Sorry");
  await admin.getByTestId("field-shortcut").fill("sorry");
  await admin.getByTestId("field-text").fill("We are sorry.");
  await admin.getByTestId("add-then-tag").click();
  await admin.getByTestId("field-then.tag.tag").selectOption(tag);
  await admin.getByTestId("setting-make").click();
  await expect(admin.getByTestId("setting-version")).toContainText("1");
  await admin.goto(`/settings/tags/${tag}?tab=used`);
  await expect(admin.getByTestId("setting-form")).toContainText("Sorry");
  await admin.getByTestId("setting-end").click();
  await admin.getByTestId("setting-end-go").click();
  await expect(admin.getByTestId("setting-end-ask")).toContainText("Sorry");
  await admin.getByTestId("setting-end-go").click();
  await expect(admin.getByTestId("settings-empty")).toBeVisible();
  await expect(admin.getByTestId("settings-canned-replies")).toContainText("1");
  await admin.getByTestId("settings-canned-replies").click();
  await expect(admin.getByTestId("setting-broken")).toBeVisible();
});

test("a schedule has its week and its single days", async ({ world }) => {
  const admin = await world.desk("Admin", { at: "/settings/schedules/new" });
  await admin.getByTestId("field-name").fill("Office");
  await admin.getByTestId("field-zone").fill("Europe/Madrid");
  for (const day of [0, 1]) await admin.getByTestId(`weekday-${day}`).getByRole("button").click();
  await admin.getByTestId("setting-make").click();
  await expect(admin.getByTestId("setting-version")).toContainText("1");
  await admin.getByTestId("day-new").fill("2026-12-25");
  await admin.getByTestId("day-add").click();
  await expect(admin.getByTestId("setting-version")).toContainText("2");
  await admin.reload();
  await expect(admin.getByTestId("day-2026-12-25")).toBeVisible();
  await expect(admin.getByTestId("weekday-0").locator("input").first()).toHaveValue("09:00");
  // The workspace's rules are there before anybody set them.
  await admin.goto("/settings/workspace-policies");
  await admin.getByTestId("settings-list").getByRole("link").click();
  await type(admin, "time_zone", "Europe/Lisbon");
  await expect(admin.getByTestId("setting-version")).toContainText("1");
  // New opening hours begin with the workspace's time zone, also where their page is the first one.
  await admin.goto("/settings/schedules/new");
  await expect(admin.getByTestId("field-zone")).toHaveValue("Europe/Lisbon");
});

long("the pages of settings look right", async ({ world }) => {
  test.setTimeout(300_000);
  const admin = await world.desk("Admin", { bypassCSP: true });
  const id = await makeTag(admin, "Un nombre de etiqueta tan largo como los hay en algunas casas");
  for (const at of [
    "/settings/tags",
    `/settings/tags/${id}`,
    `/settings/tags/${id}?tab=history`,
    "/settings/schedules/new",
  ]) {
    await admin.goto(at);
    await expect(
      admin.locator("main").or(admin.getByTestId("setting-form")).first(),
    ).toBeAttached();
    await looks(admin, at.slice(1).replace(id, "one").replace(/\W+/g, "-"));
    await reachable(admin, at);
  }
  await admin.setViewportSize({ width: 1440, height: 900 });
  await admin.getByTestId("rail-me").click();
  await admin.getByTestId("language").selectOption("ar");
  await admin.keyboard.press("Escape");
  await expect(admin.locator("html")).toHaveAttribute("dir", "rtl");
  await admin.goto(`/settings/tags/${id}`);
  await expect(admin.getByTestId("field-name")).toBeVisible();
  await looks(admin, "settings-tag-arabic");
  await reachable(admin, "a tag in ar");
});
