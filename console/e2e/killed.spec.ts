// A reply that waits for the network is not lost with the browser, whenever that ends.
import { Profile } from "./browser.ts";
import { Node, PASSWORD } from "./node.ts";
import { expect, long, open, signIn, test } from "./world.ts";

/** When the browser is killed, after a reply was said to wait, ms. */
const MOMENTS = [0, 20, 50, 100, 250, 500, 1_000, 2_500, 6_000, 12_000];

long("a browser that is killed at ten moments loses no reply and sends none twice", async () => {
  test.setTimeout(600_000);
  // The session is renewed each minute, so that some are killed right after that.
  const settings = { BATON_SESSIONS__ACCESS_MINUTES: "1" };
  const node = await Node.start({ number: true, settings });
  const profile = new Profile();
  try {
    await node.customerSays("Olga Ruiz", "¿Llega hoy mi pedido?");
    let page = await profile.open(`${node.url}/`);
    await signIn(page, { workspace: "shop", email: "ines@shop.example", password: PASSWORD });
    await page.goto(`${node.url}/inbox/open`);
    const id = await open(page, "Olga Ruiz");
    await page.evaluate(async () => void (await navigator.serviceWorker.ready));
    await expect(page.getByTestId("line-1")).toBeVisible();
    await profile.close();

    const address = `${node.url}/inbox/open/${id}`;
    for (const [n, moment] of MOMENTS.entries()) {
      page = await profile.open(address);
      await expect(page.getByTestId("banner-offline")).toBeHidden();
      await expect(page.getByTestId(`line-${n + 1}`)).toBeVisible();
      await node.kill();
      await expect(page.getByTestId("banner-offline")).toBeVisible();
      const text = `Sí, a las ${n} y ${moment}`;
      await page.getByTestId("composer-text").fill(text);
      await page.getByTestId("send").click();
      const waits = page.locator("[data-testid^='pending-']");
      await expect(waits).toContainText(text);
      await new Promise((now) => setTimeout(now, moment));
      await profile.kill();

      // Without the network it is there to be read.
      page = await profile.open(address);
      await expect(page.locator("[data-testid^='pending-']")).toContainText(text);
      await expect(page.getByTestId("outbox")).toContainText("1 waiting");
      await expect(page.getByTestId("composer-text")).toHaveValue("");
      await node.up();
      await expect(page.getByTestId(`line-${n + 2}`)).toContainText(text);
      await expect(page.locator("[data-testid^='pending-']")).toHaveCount(0);
      await profile.kill();
    }
    page = await profile.open(address);
    const lines = page.locator("[data-testid^='line-'] .pre");
    await expect(lines).toHaveText([
      "¿Llega hoy mi pedido?",
      ...MOMENTS.map((moment, n) => `Sí, a las ${n} y ${moment}`),
    ]);
  } finally {
    await profile.end();
    await node.end();
  }
});
