// Outcomes on resolving, by keys and for several at once; what was just sent is taken back.
import type { Page } from "@playwright/test";
import { opId } from "../src/live/outbox.ts";
import { expect, leaveText, long, open } from "./world.ts";

const fresh = () => opId(Date.now(), crypto.getRandomValues(new Uint8Array(16)));

/** As the form of the settings does it. */
async function set(page: Page, path: string, home: object, body: object, id: string) {
  const answer = await page.request.put(`/api/v1/${path}/${id}`, {
    headers: { "if-none-match": "*", origin: new URL(page.url()).origin },
    data: { home, body },
  });
  expect(answer.status(), await answer.text()).toBeLessThan(300);
}

interface Team {
  id: string;
}
async function teams(page: Page): Promise<Team[]> {
  return (await (await page.request.get("/api/v1/teams")).json()) as Team[];
}

long("whoever resolves says how it ends, by keys and for several at once", async ({ world }) => {
  const [lucia, marta] = [world.customer("Lucía Vera"), world.customer("Marta Sol")];
  await lucia.says("I want my money back");
  await marta.says("Where is my parcel?");
  const admin = await world.desk("Admin");
  const [sold, lost] = [fresh(), fresh()];
  const list = [
    { id: sold, name: "Sold" },
    { id: lost, name: "Lost", needs_text: true },
  ];
  for (const { id } of await teams(admin)) {
    await set(admin, "outcomes", { kind: "team", id }, { ask: "required", list }, id);
  }
  const ana = await world.desk("Ana");
  await open(ana, lucia.name);
  await leaveText(ana);
  await ana.keyboard.press("e");
  await expect(ana.getByTestId("resolve-dialog")).toBeVisible();
  await expect(ana.getByTestId("resolve-go")).toBeDisabled();
  await ana.keyboard.press("2");
  await expect(ana.getByTestId("resolve-go")).toBeDisabled();
  await ana.getByTestId("outcome-text").fill("Too dear");
  // The way back takes the dialog along, and no word of it.
  await ana.goBack();
  await expect(ana.getByTestId("resolve-dialog")).toHaveCount(0);
  await open(ana, lucia.name);
  await ana.getByTestId("resolve-small").or(ana.getByTestId("resolve")).first().click();
  await expect(ana.getByTestId(`outcome-${lost}`)).toBeChecked();
  await expect(ana.getByTestId("outcome-text")).toHaveValue("Too dear");
  await ana.keyboard.press("Control+Enter");
  await expect(ana.getByTestId("resolve-dialog")).toHaveCount(0);
  await expect(ana.getByTestId("timeline")).toContainText("Lost");
  await expect(ana.getByTestId("timeline")).toContainText("Too dear");

  // One for all that are chosen.
  const id = await open(ana, marta.name);
  await leaveText(ana);
  await ana.keyboard.press("Escape");
  await ana.getByTestId(`row-${id}`).focus();
  await ana.keyboard.press("x");
  await ana.getByTestId("action-resolve").click();
  await ana.getByTestId(`outcome-${sold}`).check();
  await ana.getByTestId("resolve-go").click();
  await expect(ana.getByTestId(`row-${id}`)).toHaveCount(0);
});

long("what was just sent is taken back with its words, or sent at once", async ({ world }) => {
  const lucia = world.customer("Lucía Vera");
  await lucia.says("Hello");
  const admin = await world.desk("Admin");
  for (const { id } of await teams(admin)) {
    await set(admin, "team-policies", { kind: "team", id }, { undo_s: 10 }, id);
  }
  const ana = await world.desk("Ana");
  await open(ana, lucia.name);
  const field = ana.getByTestId("composer-text");
  await field.fill("Wrong");
  await ana.getByTestId("send").click();
  await expect(ana.getByTestId("undo-send")).toBeVisible();
  await ana.getByTestId("undo-send-go").click();
  await expect(ana.getByTestId("undo-send")).toHaveCount(0);
  await expect(field).toHaveValue("Wrong");
  await field.fill("Right");
  await ana.getByTestId("send").click();
  await ana.getByTestId("send-now").click();
  await expect(ana.getByTestId("undo-send")).toHaveCount(0);
  await expect.poll(async () => (await world.reached()).join()).toContain("Right");
  expect((await world.reached()).join()).not.toContain("Wrong");
});
