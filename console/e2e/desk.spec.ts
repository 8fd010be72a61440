// What steers an agent is true while it is looked at, and doors that are shut are not drawn.
import type { Page } from "@playwright/test";
import { expect, long, open } from "./world.ts";

/** The team of the demo's desk. */
async function teamOf(page: Page): Promise<string> {
  const answer = await page.request.get("/api/v1/teams");
  const teams = (await answer.json()) as { id: string; name: string }[];
  return teams.find(({ name }) => name === "Desk")?.id ?? "";
}

long(
  "who is handed to is shown with what they have now; the first field has the focus",
  async ({ world }) => {
    const [eva, rui] = [world.customer("Eva Sol"), world.customer("Rui Mar")];
    await eva.says("Hola");
    await rui.says("Olá");
    const [ana, ben] = [await world.desk("Ana"), await world.desk("Ben")];
    await open(ana, eva.name);
    await ana.getByTestId("claim").click();
    await expect(ana.getByTestId("owner-chip")).toContainText("You");
    await ana.getByTestId("timeline").focus();
    await ana.keyboard.press("a");
    const dialog = ana.getByRole("dialog");
    await expect(
      dialog.getByRole("searchbox").or(dialog.getByRole("textbox")).first(),
    ).toBeFocused();
    const row = dialog.getByTestId(`hand-to-${world.login("Ben").agent_id}`);
    await expect(row).toContainText("0 open");
    // It changes under the dialog.
    await open(ben, rui.name);
    await ben.getByTestId("claim").click();
    await expect(row).toContainText("1 open");
    await ana.keyboard.press("Escape");
    await expect(dialog).toHaveCount(0);
    // A colleague's conversation says whose it stays.
    await open(ana, rui.name);
    await ana.getByTestId("composer-text").fill("Olá Rui");
    await expect(ana.getByTestId("composer")).toContainText("Ben stays its owner.");
  },
);

long("an agent is shown no door that is shut", async ({ world }) => {
  const ana = await world.desk("Ana");
  await expect(ana.getByTestId("rail-board")).toHaveCount(0);
  await expect(ana.getByTestId("rail-reports")).toHaveCount(0);
  await ana.keyboard.press("?");
  await expect(ana.getByTestId("keys")).toContainText("Go to: People");
  await expect(ana.getByTestId("keys")).not.toContainText("Go to: Board");
  await ana.keyboard.press("Escape");
  await ana.goto("/reports");
  await expect(ana.getByRole("alert")).toBeVisible();
  await expect(ana.getByTestId("report-again")).toHaveCount(0);
  await expect(ana.locator("main select")).toHaveCount(0);
  await ana.goto("/settings/numbers");
  await expect(ana.getByText("Only admins change this.")).toBeVisible();
  for (const one of await ana.locator("main :is(input, select)").all())
    await expect(one).toBeDisabled();
  for (const one of ["log", "quarantine", "welcome"]) {
    await expect(ana.getByTestId(`settings-${one}`)).toHaveCount(0);
  }
});

long("the way to a conversation and the words of a line are copied", async ({ world }) => {
  const lucia = world.customer("Lucía Vera");
  await lucia.says("Order 4711");
  const permissions = ["clipboard-read", "clipboard-write"];
  const ana = await world.desk("Ana", { permissions });
  const id = await open(ana, lucia.name);
  const copied = () => ana.evaluate(() => navigator.clipboard.readText());
  await ana.getByTestId("more").click();
  await ana.getByTestId("more-copy-link").click();
  await expect.poll(copied).toBe(`${new URL(ana.url()).origin}/c/${id}`);
  await ana.getByTestId("line-1").focus();
  await ana.keyboard.press("Enter");
  await ana.getByTestId("sheet-copy").click();
  await expect.poll(copied).toBe("Order 4711");
  // It leads there.
  await ana.goto(`/c/${id}`);
  await expect(ana.getByTestId("timeline")).toContainText("Order 4711");
});

long("a dialog stays when the window is turned", async ({ world }) => {
  await world.customer("Lucía Vera").says("Hola");
  const ana = await world.desk("Ana");
  await open(ana, "Lucía Vera");
  await ana.getByTestId("view-add").click();
  await ana.getByTestId("view-name").fill("Mine");
  // What asked for it is hidden at this width.
  await ana.setViewportSize({ width: 390, height: 844 });
  await expect(ana.getByTestId("view-add")).toBeHidden();
  await expect(ana.getByTestId("view-name")).toHaveValue("Mine");
  await expect(ana.getByTestId("view-name")).toBeVisible();
  await ana.keyboard.press("Escape");
  await expect(ana.getByTestId("view-name")).toHaveCount(0);
  await ana.setViewportSize({ width: 1440, height: 900 });
  // The focus is where it was.
  await expect(ana.getByTestId("view-add")).toBeVisible();
  expect(await ana.locator("dialog").count()).toBe(0);
});

long("keys go from customer to customer, and each is read", async ({ world }) => {
  for (const name of ["Eva Sol", "Rui Mar"]) await world.customer(name).says("Hola");
  const ana = await world.desk("Ana");
  await open(ana, "Eva Sol");
  await expect(ana.getByTestId("list")).toContainText("Rui Mar");
  await ana.getByTestId("timeline").focus();
  await ana.keyboard.press("j");
  await expect(ana.getByRole("heading", { name: "Rui Mar" })).toBeVisible();
  const read = () =>
    ana.evaluate(
      () =>
        document.activeElement?.closest("article")?.getAttribute("aria-label") ??
        document.activeElement?.textContent ??
        "",
    );
  await expect.poll(read).toContain("Rui Mar");
  await ana.keyboard.press("k");
  await expect.poll(read).toContain("Eva Sol");
});

long(
  "what is offered rings at whom it is for, is declined, accepted, and explained",
  async ({ world }) => {
    const admin = await world.desk("Admin");
    const team = await teamOf(admin);
    const others = ["Ben", "Chloe", "Sofia"].map((name) => world.login(name).agent_id);
    const set = await admin.request.put(`/api/v1/routings/${team}`, {
      headers: { "if-none-match": "*", origin: new URL(admin.url()).origin },
      data: { home: { kind: "team", id: team }, body: { hand: "offer", excluded: others } },
    });
    expect(set.status(), await set.text()).toBeLessThan(300);
    const ana = await world.desk("Ana", { at: "/people" });
    const lucia = world.customer("Lucía Vera");
    await lucia.says("Is it ready?");
    const card = ana.getByTestId("offer");
    await expect(card).toContainText("Lucía Vera");
    // Everybody else sees whom it rings at.
    const sofia = await world.desk("Sofia");
    await expect(sofia.getByTestId("list").getByRole("link")).toContainText("Offered to Ana");
    await sofia.goto("/board");
    await sofia.getByTestId("queue").getByText("Lucía Vera").click();
    await sofia.getByTestId("watch-why").click();
    const why = sofia.getByTestId("why");
    await expect(why).toContainText("Offered to Ana");
    await expect(why).not.toContainText("declined");
    await ana.getByTestId("offer-decline").click();
    await expect(card).toHaveCount(0);
    // It goes on while it is looked at.
    await expect(why).toContainText("declined");
    const rui = world.customer("Rui Mar");
    await rui.says("Olá");
    await expect(card).toContainText("Rui Mar");
    await ana.getByTestId("offer-accept").click();
    await expect(ana.getByTestId("timeline")).toContainText("Olá");
    await expect(ana.getByTestId("owner-chip")).toContainText("You");
    await expect(card).toHaveCount(0);
    await open(ana, lucia.name);
    await ana.getByTestId("more").click();
    await ana.getByTestId("more-why").click();
    await expect(ana.getByTestId("why-decision").first()).toContainText("Ana");
    await expect(ana.getByTestId("why")).toContainText("Ben");
  },
);
