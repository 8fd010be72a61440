// Replies that are held, since their customers wrote again before they could leave.
import type { Page } from "@playwright/test";
import { type World, expect, open, reveal } from "./world.ts";

/** WhatsApp takes no message for now; what is written then waits. */
const refuses = { faults: [{ when: "always", fault: { kind: "maintenance" } }] };

/** Answers of whoever sits at a desk; each is held once its customer has written again. */
export async function overtaken(
  world: World,
  desk: Page,
  names: string[],
  answer: string,
  again: string,
) {
  const all = names.map((name) => world.customer(name));
  for (const one of all) await one.says("¿Está lista mi bici?");
  await world.knobs(refuses);
  for (const { name } of all) {
    await open(desk, name);
    await desk.getByTestId("composer-text").fill(answer);
    await desk.getByTestId("send").click();
    await expect(desk.getByTestId("line-2")).toBeVisible();
  }
  for (const one of all) await one.says(again);
  // Else a reply that is tried again meanwhile leaves before the word that overtakes it is known.
  await world.quiet();
  await world.knobs({ faults: [] });
}

/** Replies that were written without a network, to customers who wrote again meanwhile. */
export async function behind(world: World, desk: Page, names: string[], answer: string) {
  const all = names.map((name) => world.customer(name));
  for (const one of all) await one.says("¿Está lista mi bici?");
  for (const { name } of all) await open(desk, name);
  await desk.context().setOffline(true);
  world.cut(desk);
  for (const { name } of all) {
    await (await reveal(desk, name)).click();
    await desk.getByTestId("composer-text").fill(answer);
    await desk.getByTestId("send").click();
    await expect(desk.getByTestId("composer-text")).toHaveValue("");
  }
  await expect(desk.getByTestId("outbox")).toContainText(`${names.length} waiting`);
  for (const one of all) await one.says("Mejor mañana a las 9.");
  await desk.context().setOffline(false);
  await expect(desk.getByTestId("banner-review")).toContainText(`${names.length} replies`);
}
