// What a team calls a customer, and what an agent wants to see again.
import type { Page } from "@playwright/test";
import { expect, long, open } from "./world.ts";

long("a customer has a name of our own, and is found by both", async ({ world }) => {
  const lu = world.customer("lu 🌸");
  await lu.says("Hola");
  const [ana, ben] = [await world.desk("Ana"), await world.desk("Ben")];
  const id = await open(ana, lu.name);
  await ana.getByTestId("name-change").click();
  await ana.getByTestId("name-text").fill("Dr Lucía Vega");
  await ana.keyboard.press("Enter");
  await expect(ana.locator("#conversation")).toHaveText("Dr Lucía Vega");
  await expect(ana.getByTestId("profile-name")).toHaveText("Calls themselves lu 🌸");
  // A colleague's row says it at once, and what the customer writes does not take it away.
  await expect(ben.getByTestId(`row-${id}`)).toContainText("Dr Lucía Vega");
  await lu.says("¿Hay alguien?");
  await expect(ben.getByTestId(`row-${id}`)).toContainText("¿Hay alguien?");
  await expect(ben.getByTestId(`row-${id}`)).toContainText("Dr Lucía Vega");
  for (const q of ["vega", "lu"]) {
    await ben.goto(`/search?q=${q}`);
    await expect(ben.getByTestId("hits")).toContainText("Dr Lucía Vega");
  }
  await ana.getByTestId("name-change").click();
  await ana.getByTestId("name-theirs").click();
  await expect(ana.locator("#conversation")).toHaveText("lu 🌸");
  await ana.getByTestId("toast-undo").click();
  await expect(ana.locator("#conversation")).toHaveText("Dr Lucía Vega");
});

long(
  "what is marked as unread is so at each desk of its reader, until it is opened",
  async ({ world }) => {
    const [ada, rui] = [world.customer("Ada Luz"), world.customer("Rui Mar")];
    await rui.says("Otra cosa");
    await ada.says("¿Tenéis recambios?");
    const [ana, other, ben] = [
      await world.desk("Ana", { at: "/inbox/open" }),
      await world.desk("Ana", { at: "/inbox/open" }),
      await world.desk("Ben"),
    ];
    const id = await open(ben, ada.name);
    await open(ana, ada.name);
    const says = (page: Page, what: RegExp) =>
      expect(page.locator("article", { has: page.getByTestId(`row-${id}`) })).toHaveAttribute(
        "aria-label",
        what,
      );
    const [unread, read] = [/1 unread/, /^(?!.*unread)/];
    for (const page of [ana, other, ben]) await says(page, read);
    await ana.getByTestId("more").click();
    await ana.getByTestId("more-unread").click();
    await expect(ana.getByTestId("timeline")).toBeHidden();
    for (const page of [ana, other]) await says(page, unread);
    await says(ben, read);
    await ana.reload();
    await says(ana, unread);
    await open(ana, ada.name);
    for (const page of [ana, other]) await says(page, read);
  },
);
