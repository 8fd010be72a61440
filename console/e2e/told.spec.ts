// Being told: a mention reaches somebody who looks elsewhere; a first run without Meta; whose a
// conversation was; a text that outlives where it was typed.
import { reachable } from "./looks.ts";
import { Node, PASSWORD } from "./node.ts";
import { expect, long, open, signIn } from "./world.ts";

long("a mention is seen by who has another conversation open, and answered", async ({ world }) => {
  const [ada, rui] = [world.customer("Ada Luz"), world.customer("Rui Mar")];
  await ada.says("¿Tenéis recambios?");
  await rui.says("Otra cosa");
  const [ana, ben] = [await world.desk("Ana"), await world.desk("Ben")];
  await open(ben, rui.name);
  await expect(ben.getByTestId("view-count-notices")).toHaveText("0");
  const id = await open(ana, ada.name);
  await ana.getByTestId("composer-mode-note").click();
  await ana.getByTestId("composer-text").fill("@Ben");
  await ana.locator("[data-testid^=mention-]").first().click();
  await ana.getByTestId("composer-text").press("End");
  await ana.getByTestId("composer-text").pressSequentially(" ¿lo sabes?");
  await ana.getByTestId("composer-text").press("Control+Enter");
  await expect(ben.getByTestId("toast")).toContainText("Ana asks for you: Ada Luz");
  await expect(ben.getByTestId("view-count-notices")).toHaveText("1");
  // It takes nobody's focus.
  expect(
    await ben.evaluate(() => document.activeElement?.closest("[data-testid=toast]")),
  ).toBeNull();
  await ben.getByTestId("view-notices").click();
  const notice = ben.locator("[data-kind=mention]").first();
  await expect(notice).toContainText("¿lo sabes?");
  await notice.click();
  await expect(ben).toHaveURL(new RegExp(id));
  await expect(ben.getByTestId("view-count-notices")).toHaveText("0");
  await ben.getByTestId("claim").click();
  await ben.getByTestId("composer-text").fill("Sí, llegan mañana.");
  await ben.getByTestId("composer-text").press("Control+Enter");
  await expect.poll(async () => (await world.reached()).join()).toContain("Sí, llegan mañana.");
});

long("whose it was is read by who opens it later", async ({ world }) => {
  const eva = world.customer("Eva Sol");
  await eva.says("Hola");
  const ben = await world.desk("Ben");
  const id = await open(ben, eva.name);
  await ben.getByTestId("claim").click();
  await expect(ben.getByTestId("owner-chip").first()).toContainText("You");
  const sofia = await world.desk("Sofia", { at: `/inbox/open/${id}` });
  await expect(sofia.getByTestId("timeline")).toContainText("Ben took it");
  await sofia.getByTestId("claim").click();
  await expect(sofia.getByTestId("earlier-owners")).toContainText("Ben");
  // An open card shows the next owner.
  await expect(ben.getByTestId("earlier-owners")).toContainText("You");
  await sofia.getByTestId("block").click();
  await expect(sofia.getByTestId("timeline")).toContainText("You blocked the customer");
  await expect(sofia.getByTestId("timeline")).not.toContainText("You resolved it");
  await reachable(sofia, "a customer who is blocked");
  // The log names the customer, and what stood before.
  const admin = await world.desk("Admin", { at: "/settings/log?type=owner_changed" });
  await expect(admin.getByTestId("audit-object").first()).toContainText("Eva Sol");
  await admin.getByTestId("audit-list").locator("summary").first().click();
  await expect(admin.getByTestId("audit-before").first()).toBeVisible();
});

long("a text is found after where it was typed is gone", async ({ world }) => {
  const teo = world.customer("Teo Gil");
  await teo.says("¿Cuánto cuesta?");
  const ben = await world.desk("Ben");
  const id = await open(ben, teo.name);
  const ana = await world.desk("Ana");
  await open(ana, teo.name);
  await ben.getByTestId("composer-text").pressSequentially("Cuesta 40 euros");
  await expect(ana.getByTestId("lease-draft")).toContainText("40 euros");
  // The window closes without a word, and its device is never heard of again.
  await ben.context().close();
  await expect(async () => {
    await ana.goto(`/inbox/open/${id}`);
    await expect(ana.getByTestId("kept-draft")).toContainText("Cuesta 40 euros", {
      timeout: 2_000,
    });
  }).toPass();
  await ana.getByTestId("kept-draft-use").click();
  await expect(ana.getByTestId("composer-text")).toHaveValue("Cuesta 40 euros");
});

long("whoever only tries it answers a customer without Meta", async ({ world }) => {
  const node = await Node.start({ number: false, tries: true });
  try {
    const page = await world.stranger({ baseURL: node.url });
    await page.goto(`${node.url}/`);
    await signIn(page, { workspace: "shop", email: "ines@shop.example", password: PASSWORD });
    await page.getByTestId("view-open").click();
    await page.getByRole("article", { name: /Lucía Ortega/ }).click();
    await page.getByTestId("composer-text").fill("Yes, come in.");
    await page.getByTestId("composer-text").press("Control+Enter");
    await expect(page.getByTestId("line-status")).toHaveAttribute("data-status", "delivered");
    await page.goto(`${node.url}/welcome`);
    await expect(page.getByTestId("firstrun-step-4")).toContainText("The first answer is out.");
    const practice = page.getByTestId("practice");
    await expect(practice.getByTestId("practice-page")).toHaveAttribute("href", /^http:/);
    await reachable(page, "the first run with a number for practice");
    // It is told, and no fault.
    const tone = (of: string) =>
      page.getByTestId("practice").evaluate((one, name) => {
        const probe = document.createElement("i");
        probe.style.background = `var(${name})`;
        one.append(probe);
        const [mine, its] = [
          getComputedStyle(one).backgroundColor,
          getComputedStyle(probe).backgroundColor,
        ];
        probe.remove();
        return mine === its;
      }, of);
    expect(await tone("--accent-soft")).toBe(true);
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(`${node.url}/settings/numbers`);
    await expect(page.getByTestId("practice-mark")).toBeVisible();
    await page.getByTestId("practice-remove").click();
    await page.getByTestId("practice-remove-now").click();
    await expect(page.getByTestId("practice-mark")).toHaveCount(0);
  } finally {
    await node.end();
  }
});
