// Several replies that were overtaken while there was no network, in one sheet.
import { behind } from "./overtaken.ts";
import { expect, open, test } from "./world.ts";

test("back from offline, overtaken replies are decided in one sheet, one after the other", async ({
  world,
}) => {
  const names = ["Marta Uno", "Marta Dos", "Marta Tres", "Marta Cuatro"];
  const ana = await world.desk("Ana");
  await behind(world, ana, names, "Sí, desde las 10.");
  // No dialog comes by itself.
  await expect(ana.getByRole("alertdialog")).toHaveCount(0);
  await ana.getByTestId("review-next").click();
  const sheet = ana.getByTestId("review-sheet");
  await expect(sheet).toContainText("1 of 4");
  await expect(sheet.getByRole("listitem")).toHaveCount(4);
  // The longest wait comes first.
  await expect(sheet.getByRole("listitem").first()).toContainText("Marta Uno");
  await expect(sheet.getByTestId("stale-missed")).toContainText("Mejor mañana a las 9.");
  const text = sheet.getByTestId("stale-text");
  await expect(text).toBeFocused();
  await text.fill("Entonces mañana a las 9.");
  await expect(sheet.getByTestId("stale-send")).toBeEnabled();
  await sheet.getByTestId("stale-send").click();
  await expect(sheet).toContainText("2 of 4");
  await expect(text).toHaveValue("Sí, desde las 10.");
  await expect(text).toBeFocused();
  await sheet.getByTestId("stale-note").click();
  await expect(sheet).toContainText("3 of 4");
  await text.fill("¿Te va bien a las 11?");
  await sheet.getByTestId("review-later").click();
  await expect(sheet).toContainText("4 of 4");
  await expect(sheet.getByRole("listitem").nth(0)).toContainText("sent");
  await expect(sheet.getByRole("listitem").nth(1)).toContainText("note");
  await expect(sheet.getByRole("listitem").nth(2)).toContainText("later");
  await ana.keyboard.press("Escape");
  await expect(sheet).toBeHidden();
  await expect(ana.getByTestId("banner-review")).toContainText("2 replies");

  // What was changed and put off is still there.
  await ana.reload();
  await ana.getByTestId("review-next").click();
  await expect(text).toHaveValue("¿Te va bien a las 11?");
  await sheet.getByTestId("stale-discard").click();
  await expect(sheet).toContainText("2 of 2");
  await sheet.getByTestId("stale-discard").click();
  await expect(sheet).toBeHidden();
  await expect(ana.getByTestId("banner-review")).toBeHidden();

  const ben = await world.desk("Ben");
  await open(ben, "Marta Uno");
  await expect(ben.getByTestId("timeline")).toContainText("Entonces mañana a las 9.");
  await open(ben, "Marta Dos");
  await expect(ben.getByRole("note")).toContainText("Sí, desde las 10.");
});
