// More than texts: a place and a list are sent, and the customer taps.
import { expect, long, open } from "./world.ts";

interface Reached {
  wamid: string;
}

long("a place and a list are sent, and what was tapped comes back", async ({ world }) => {
  const lucia = world.customer("Lucía Vera");
  await lucia.says("Where are you?");
  const ana = await world.desk("Ana");
  await open(ana, lucia.name);
  await ana.getByTestId("add-more").click();
  await ana.getByTestId("add-place").click();
  await ana.getByTestId("kind-send").click();
  await expect(ana.getByTestId("kind-where")).toBeFocused();
  await expect(ana.getByTestId("kind-dialog")).toContainText("Fill this in.");
  await ana.getByTestId("kind-where").fill("39.4699, -0.3763");
  await ana.getByTestId("kind-name").fill("The shop");
  await ana.getByTestId("kind-send").click();
  await expect(ana.getByTestId("line-2").getByTestId("place-map")).toHaveAttribute(
    "href",
    /39\.4699/,
  );
  await expect.poll(async () => (await world.reached()).join()).toContain("The shop");

  await ana.getByTestId("composer-text").fill("Which colour?");
  await ana.getByTestId("add-more").click();
  await ana.getByTestId("add-list").click();
  await expect(ana.getByTestId("kind-text")).toHaveValue("Which colour?");
  await ana.getByTestId("kind-button").fill("Choose");
  await ana.getByTestId("kind-row-0").fill("Red");
  await ana.getByTestId("kind-more").click();
  await ana.getByTestId("kind-row-1").fill("Blue");
  await ana.getByTestId("kind-send").click();
  await expect(ana.getByTestId("line-3")).toContainText("Which colour?");
  await expect(ana.getByTestId("composer-text")).toHaveValue("");
  await expect(ana.getByTestId("line-3").getByTestId("line-status")).toHaveAttribute(
    "data-status",
    /sent|delivered|read/,
  );
  const all = (await world.reached()).map((one) => JSON.parse(one)) as Reached[];
  const wamid = all.find((one) => JSON.stringify(one).includes("Which colour?"))?.wamid;
  await lucia.sends({ kind: "tap", wamid, id: "2" });
  await expect(ana.getByTestId("line-4")).toContainText("Blue");
});

long("an emoji is found by its name, and Enter sends for whom it should", async ({ world }) => {
  const lucia = world.customer("Lucía Vera");
  await lucia.says("Is it ready?");
  const ana = await world.desk("Ana", { at: "/settings/appearance" });
  await ana.getByTestId("my-enter").selectOption("send");
  await open(ana, lucia.name);
  await ana.getByTestId("composer-text").fill("Ready ");
  await ana.getByTestId("emoji-open").click();
  await ana.getByTestId("emoji-find").fill("bicycle");
  await ana.keyboard.press("Enter");
  await expect(ana.getByTestId("composer-text")).toHaveValue("Ready 🚲");
  await ana.keyboard.press("Shift+Enter");
  await ana.keyboard.type("yes");
  await ana.keyboard.press("Enter");
  await expect(ana.getByTestId("line-2")).toContainText("Ready 🚲");
  // At a time of one's own.
  await ana.getByTestId("snooze").click();
  await ana.getByTestId("snooze-other").click();
  await ana.getByTestId("snooze-until").fill("2031-05-06T07:08");
  const isTooFar = (field: HTMLInputElement) => field.validity.rangeOverflow;
  expect(await ana.getByTestId("snooze-until").evaluate(isTooFar)).toBe(true);
  const day = new Date(Date.now() + 3 * 24 * 3_600_000).toISOString().slice(0, 10);
  await ana.getByTestId("snooze-until").fill(`${day}T07:08`);
  await ana.getByTestId("snooze-go").click();
  await expect(ana.getByTestId("toast")).toContainText("07:08");
});
