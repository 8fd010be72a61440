// A line is sent on: to a customer whom the list does not hold, and to several at once. Each line is
// one stop of the keyboard that says what it is.
import { expect, long, open } from "./world.ts";

long("a line goes to who was resolved long ago, and to several, by keys", async ({ world }) => {
  const marco = world.customer("Marco Bianchi");
  await marco.says("Thanks, that is all");
  const owen = world.customer("Owen Hughes");
  await owen.says("Where do I park?");
  const lucia = world.customer("Lucía Vera");
  await lucia.says("The way in is by the back gate");
  const ana = await world.desk("Ana");
  await open(ana, marco.name);
  await ana
    .getByTestId("resolve-small")
    .or(ana.getByTestId("resolve"))
    .locator("visible=true")
    .first()
    .click();
  await expect(ana.getByTestId("reopen")).toBeVisible();
  await ana.reload();
  await open(ana, lucia.name);
  const line = ana.getByTestId("line-1");
  await expect(line).toHaveAttribute(
    "aria-label",
    /Lucía: The way in is by the back gate, \d\d:\d\d/,
  );
  await line.focus();
  await ana.keyboard.press("Enter");
  await ana.getByTestId("sheet-forward").click();
  const dialog = ana.getByTestId("forward-dialog");
  await dialog.getByRole("searchbox").fill("Marco");
  await dialog.getByLabel(/Marco Bianchi/).check();
  await dialog.getByRole("searchbox").fill("Owen");
  await dialog.getByLabel(/Owen Hughes/).check();
  await dialog.getByTestId("forward-several").click();
  await expect(ana.getByTestId("toast")).toContainText("Forwarded to 2 customers");
  await expect
    .poll(async () => (await world.reached()).join().split("by the back gate").length)
    .toBeGreaterThan(2);
});
