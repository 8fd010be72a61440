// A program works with a key that an admin makes; a ready rule asks for what it needs; a customer is
// asked how it was.
import { expect, long, open } from "./world.ts";

long("an admin makes a key, and a program works with it until it ends", async ({ world }) => {
  const admin = await world.desk("Admin", { at: "/settings/api-keys/new" });
  await admin.getByTestId("field-name").fill("Orders");
  await admin.getByTestId("field-agent").selectOption({ label: "Ana" });
  await admin.getByTestId("setting-make").click();
  await expect(admin.getByTestId("setting-version")).toContainText("1");
  await expect(admin.getByTestId("secrets-none")).toBeVisible();
  await admin.getByTestId("secret-make").click();
  const secret = (await admin.getByTestId("secret-new").textContent()) ?? "";
  const key = /bk_[\w-]+/.exec(secret)?.[0] ?? "";
  expect(key).not.toBe("");
  const asks = async (path: string, method = "GET") => {
    const headers = { authorization: `Bearer ${key}` };
    return (await fetch(`${world.facts.server_url}/api/v1${path}`, { method, headers })).status;
  };
  expect(await asks("/me")).toBe(200);
  expect(await asks("/sessions")).toBe(403);
  expect(await asks("/socket-tickets", "POST")).toBe(403);
  await admin.getByTestId("secret-end-1").click();
  await admin.getByTestId("secret-end-sure").click();
  await expect(admin.getByTestId("secrets-none")).toBeVisible();
  expect(await asks("/me")).toBe(401);
});

long(
  "a ready rule asks for what it needs, and a survey is set up in one page",
  async ({ world }) => {
    const admin = await world.desk("Admin", { at: "/settings/tags" });
    await expect(admin.getByTestId("setting-new")).toBeEnabled();
    await admin.keyboard.press("c");
    await admin.getByTestId("field-name").fill("Refund");
    await admin.getByTestId("setting-make").click();
    await expect(admin.getByTestId("setting-version")).toContainText("1");
    await admin.goto("/settings/rules");
    await admin.getByTestId("preset-sort").click();
    await expect(admin.getByTestId("preset-on-sort")).toBeDisabled();
    await admin.getByTestId("blank-words").fill("refund, money back");
    // There is one tag alone: it is chosen already.
    await expect(admin.getByTestId("blank-tag").locator("option:checked")).toHaveText("Refund");
    await admin.getByTestId("blank-team").selectOption({ index: 1 });
    await admin.getByTestId("preset-on-sort").click();
    await expect(admin.getByTestId("preset-sort")).toHaveCount(0);
    const lucia = world.customer("Lucía Vera");
    await lucia.says("I want my money back");
    const ana = await world.desk("Ana");
    await open(ana, lucia.name);
    await expect(ana.getByTestId("timeline")).toContainText("Sort by words");
    // What is missing is made where it is missed.
    await admin.getByTestId("preset-closed").click();
    await admin.getByTestId("make-schedule").click();
    await expect(admin).toHaveURL(/schedules\/new/);
    await admin.goto("/settings/surveys");
    await admin.getByTestId("settings-list").getByRole("link").first().click();
    await admin.getByTestId("field-ask").fill("How was it?");
    await admin.getByTestId("field-ask").blur();
    await expect(admin.getByTestId("setting-version")).toContainText("1");
  },
);
