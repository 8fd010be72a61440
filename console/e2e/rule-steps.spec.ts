// An admin has rules bring others in: who is on call gets a conversation, an owner is reminded, and a
// program of the team's own is told.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "@playwright/test";
import { expect, leaveText, long, open } from "./world.ts";

/** A new rule that a message wakes, in its form; it is not made yet. */
async function newRule(admin: Page, name: string) {
  await admin.goto("/settings/rules/new");
  await admin.getByTestId("field-name").fill(name);
  await admin.getByTestId("field-enabled").getByRole("switch").check();
  await admin.getByTestId("field-when").selectOption("message");
}

async function make(page: Page) {
  await page.getByTestId("setting-make").click();
  await expect(page.getByTestId("setting-version")).toContainText("1");
}

long("an agent on call gets what a rule asks for, and the owner is reminded", async ({ world }) => {
  const admin = await world.desk("Admin");
  await newRule(admin, "After hours");
  await admin.getByTestId("add-then-assign").click();
  await admin.getByTestId("field-then.assign.by").getByTestId("choice-on_call").click();
  await admin.getByTestId("add-then.assign.on_call").click();
  await admin.getByTestId("field-then.assign.on_call.agent").selectOption({ label: "Ana" });
  await make(admin);
  const ana = await world.desk("Ana");
  const lucia = world.customer("Lucía Vera");
  await lucia.says("Is somebody there?");
  await open(ana, lucia.name);
  const timeline = ana.getByTestId("timeline");
  await expect(timeline).toContainText("“After hours”: asked routing for an agent");
  // It became hers, so nothing is left to take.
  await expect(
    ana.getByTestId("resolve").or(ana.getByTestId("resolve-small")).first(),
  ).toBeVisible();
  await newRule(admin, "Come back");
  await admin.getByTestId("add-then-remind").click();
  await admin.getByTestId("field-then.remind.minutes").fill("60");
  await admin.getByTestId("field-then.remind.follow_up").getByRole("switch").check();
  await make(admin);
  await lucia.says("It is about my order");
  await expect(timeline).toContainText("“Come back”: reminds the owner later");
  await expect(timeline).toContainText("Ana follows up");
});

long(
  "a program is told when a rule calls it, and steps that never go together are refused",
  async ({ world }) => {
    const told: string[] = [];
    const server = createServer((asked, answer) => {
      let text = "";
      asked.on("data", (part: Buffer) => (text += part.toString()));
      asked.on("end", () => {
        told.push(text);
        answer.end();
      });
    });
    await new Promise<void>((listens) => server.listen(0, "127.0.0.1", listens));
    const admin = await world.desk("Admin", { at: "/settings/outgoing-webhooks/new" });
    await admin.getByTestId("field-name").fill("Refund desk");
    await admin
      .getByTestId("field-url")
      .fill(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`);
    await admin.getByTestId("field-events").getByLabel("A rule calls it").check();
    await make(admin);
    await admin.getByTestId("secret-make").click();
    await expect(admin.getByTestId("secret-new")).toContainText("whsec_");
    await newRule(admin, "Refunds");
    for (let n = 0; n < 2; n += 1) {
      await admin.getByTestId("add-then-webhook").click();
      await admin
        .getByTestId("field-then.webhook.webhook")
        .nth(n)
        .selectOption({ label: "Refund desk" });
    }
    await admin.getByTestId("setting-make").click();
    await expect(admin.getByText("calls a webhook twice")).toBeVisible();
    await admin.getByTestId("row-1").getByRole("button").click();
    await make(admin);
    const lucia = world.customer("Lucía Vera");
    await lucia.says("I want my money back");
    await expect.poll(() => told.length).toBe(1);
    const { type, data } = JSON.parse(told[0] ?? "") as {
      type: string;
      data: { rule: { name: string } };
    };
    expect([type, data.rule.name]).toEqual(["rule.called", "Refunds"]);
    server.close();
    const ana = await world.desk("Ana");
    await open(ana, lucia.name);
    await leaveText(ana);
    await expect(ana.getByTestId("timeline")).toContainText("“Refunds”: told a webhook");
  },
);
