// A lead turns a ready rule on in two taps; it runs, says so in the conversation, and can be asked
// what it would have done.
import { looks } from "./looks.ts";
import { expect, long, open } from "./world.ts";

long("a ready rule is turned on in two taps, runs, and a dry run finds the same", async ({ world }) => {
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
});
