// A lead turns a ready rule on in two taps; it runs, says so in the conversation, and can be asked
// what it would have done.
import { looks } from "./looks.ts";
import { expect, long, open } from "./world.ts";

long(
  "a ready rule is turned on in two taps, runs, and a dry run finds the same",
  async ({ world }) => {
    const admin = await world.desk("Admin", { at: "/settings/rules" });
    await admin.getByTestId("preset-acknowledge").click();
    await admin.getByTestId("preset-on-acknowledge").click();
    await expect(admin.getByTestId("preset-acknowledge")).toHaveCount(0);
    const lucia = world.customer("Lucía Vera");
    await lucia.says("Hello");
    await expect.poll(async () => (await world.reached()).length).toBe(1);
    const ana = await world.desk("Ana");
    await open(ana, lucia.name);
    await expect(ana.getByTestId("timeline")).toContainText("Rule");
    // Once a turn.
    await lucia.says("Are you there?");
    await expect(ana.getByTestId("timeline")).toContainText("Are you there?");
    expect((await world.reached()).length).toBe(1);
    await admin.getByTestId("dry-run").click();
    await expect(admin.getByTestId("dry-run-told")).toContainText("1");
    await admin.getByTestId("try-text").fill("Where is my parcel?");
    await admin.getByTestId("try-ask").click();
    await expect(admin.getByTestId("try-told")).toContainText("Acknowledge: runs");
    await admin.getByTestId("try-where").fill(ana.url());
    await admin.getByTestId("try-ask").click();
    await expect(admin.getByTestId("try-told")).toContainText("has run as often as it may");
    await looks(admin, "rules");
  },
);

long(
  "a lead sees whom a rule would reach, turns it on, changes it, and reads what it did",
  async ({ world }) => {
    const lucia = world.customer("Lucía Vera");
    await lucia.says("Hello");
    const admin = await world.desk("Admin", { at: "/settings/rules" });
    await admin.getByTestId("preset-acknowledge").click();
    await expect(admin.getByTestId("preset-text-acknowledge")).toContainText(
      "we have your message",
    );
    const one = admin.getByTestId("dry");
    await one.getByTestId("dry-days").selectOption("30");
    await one.getByTestId("dry-run").click();
    await expect(one.getByTestId("dry-run-told")).toContainText("Lucía Vera");
    await expect(one.getByTestId("dry-run-told")).toContainText("told the customer");
    expect(await world.reached()).toEqual([]);
    await admin.getByTestId("preset-on-acknowledge").click();
    // One's own rules stand before those that are ready.
    const own = admin.getByTestId("settings-list");
    await expect(own).toContainText("Acknowledge");
    const [mine, ready] = [
      await own.boundingBox(),
      await admin.getByTestId("preset-thanks").boundingBox(),
    ];
    expect(mine?.y ?? 0).toBeLessThan(ready?.y ?? 0);
    await admin.getByTestId("preset-change-acknowledge").click();
    const form = admin.getByTestId("setting-form");
    await form.getByTestId("field-then.reply.text").fill("We answer within the hour.");
    await form.getByTestId("field-then.reply.text").blur();
    await expect(form.getByTestId("setting-version")).toContainText("2");
    await form.getByTestId("dry-run").click();
    await expect(form.getByTestId("dry-run-told")).toContainText("Lucía Vera");
    await lucia.says("Are you there?");
    await expect.poll(async () => (await world.reached()).join()).toContain("within the hour");
    await admin.getByTestId("setting-close").click();
    await admin.getByTestId("in-log").click();
    await expect(admin.getByTestId("audit-list")).toContainText("Acknowledge · Lucía Vera");
    // A supervisor is told who sets rules, and a press anywhere in a row opens it.
    const sofia = await world.desk("Sofia", { at: "/settings/rules" });
    await expect(sofia.getByTestId("kind-rights")).toBeVisible();
    const cell = await sofia.getByTestId("settings-list").getByRole("cell").nth(1).boundingBox();
    await sofia.mouse.click((cell?.x ?? 0) + 20, (cell?.y ?? 0) + 10);
    await expect(sofia.getByTestId("setting-form")).toBeVisible();
  },
);
