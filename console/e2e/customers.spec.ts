// The page on which one person plays the customers of the demo, beside two desks.
import type { Page } from "@playwright/test";
import { expect, open, signIn, test } from "./world.ts";

test("one person plays a customer and works at two desks of one browser", async ({ world }) => {
  const phone = await world.stranger({ viewport: { width: 1000, height: 900 } });
  await phone.goto(world.facts.simulator_url);
  await expect(phone.getByRole("navigation")).toContainText("Ana");
  await phone.getByTestId("name").fill("Vera Lind");
  await phone.getByTestId("name").press("Enter");
  const vera = phone.getByTestId("phone-Vera Lind");
  await vera.getByRole("textbox").fill("Is <b>my</b> bike ready?");
  await vera.getByRole("textbox").press("Enter");
  await expect(vera).toContainText("Is <b>my</b> bike ready?");

  // Both desks in one browser, under the two names of the server.
  const desks = phone.getByRole("navigation").getByRole("link");
  await expect(desks).toHaveCount(2);
  const addresses = await desks.evaluateAll((all) =>
    all.map((one) => (one as HTMLAnchorElement).origin),
  );
  expect(new Set(addresses).size).toBe(2);
  const tabs: Page[] = [];
  for (const [n, name] of ["Ana", "Ben"].entries()) {
    const [tab] = await Promise.all([phone.context().waitForEvent("page"), desks.nth(n).click()]);
    await expect(tab.getByTestId("sign-email")).toHaveValue(world.login(name).email);
    await signIn(tab, world.login(name));
    await tab.goto(`${addresses[n]}/inbox/open`);
    await open(tab, "Vera Lind");
    tabs.push(tab);
  }
  const [ana, ben] = tabs as [Page, Page];
  await ana.getByTestId("composer-text").fill("Yes, since this morning.");
  await ana.getByTestId("composer-text").press("Control+Enter");
  await expect(vera).toContainText("Yes, since this morning.");
  await expect(ben.getByTestId("timeline")).toContainText("Yes, since this morning.");

  // What goes wrong between: the customer has it, and nobody learns of it.
  await phone.getByTestId("lose").check();
  await vera.getByRole("textbox").fill("Great, until when?");
  await vera.getByRole("textbox").press("Enter");
  await expect(ana.getByTestId("timeline")).toContainText("Great, until when?");
  await ana.getByTestId("composer-text").fill("Until eight.");
  await ana.getByTestId("composer-text").press("Control+Enter");
  await expect(vera).toContainText("Until eight.");
  const reached = await fetch(`${world.facts.simulator_url}/control/reached`);
  const sent = (await reached.json()) as { answered: boolean }[];
  expect(sent.map(({ answered }) => answered)).toEqual([true, false]);
  if (process.env["BATON_PICTURES"] !== undefined)
    await phone.screenshot({ path: "e2e/.out/pictures/customers.png" });
});
