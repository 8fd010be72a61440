// Searches and views between two days.
import { expect, long, reveal } from "./world.ts";

const day = (ahead: number) => {
  const date = new Date();
  date.setDate(date.getDate() + ahead);
  const two = (part: number) => String(part).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
};

long("what was said today is found from today on, and not until yesterday", async ({ world }) => {
  const irene = world.customer("Irene Soler");
  await irene.says("¿Queda alguna manivela?");
  const ana = await world.desk("Ana");
  await reveal(ana, irene.name);
  await expect(async () => {
    await ana.goto(`/search?q=manivela&from=${day(0)}&until=${day(0)}`);
    await expect(ana.getByTestId("found-messages")).toContainText("Irene Soler", {
      timeout: 1_000,
    });
  }).toPass();
  await expect(ana.getByTestId("search-from")).toHaveValue(day(0));
  if (process.env["BATON_PICTURES"] !== undefined)
    await ana.screenshot({ path: "e2e/.out/pictures/days.png" });
  await ana.getByTestId("search-from").fill("");
  await ana.getByTestId("search-until").fill(day(-1));
  await expect(ana).toHaveURL(new RegExp(`until=${day(-1)}`));
  await expect(ana.getByText("Nothing found for")).toBeVisible();

  // A view of what was written today, by name.
  await ana.goto("/inbox/open");
  await ana.getByTestId("view-add").click();
  await ana.getByTestId("view-name").fill("Of today");
  await ana.getByTestId("view-from").fill(day(0));
  await ana.getByTestId("add-go").click();
  const link = ana.locator('a[data-testid^="view-saved-"]');
  await expect(link.locator(".n")).not.toHaveText("0");
  await ana.locator('[data-testid^="view-change-"]').click();
  await expect(ana.getByTestId("view-from")).toHaveValue(day(0));
  await ana.getByTestId("view-from").fill("");
  await ana.getByTestId("view-until").fill(day(-1));
  await ana.getByTestId("add-go").click();
  await expect(link.locator(".n")).toHaveText("0");
});
