// How soon customers are answered, and the conversations behind each figure.
import { guard, isHarmless } from "./harm.ts";
import { PAYLOADS } from "./payloads.ts";
import { type World, expect, long, open, test } from "./world.ts";

/** Ana answers a customer's first message. */
async function answered(world: World, name: string) {
  const customer = world.customer(name);
  await customer.says("¿Abrís el sábado?");
  const ana = await world.desk("Ana");
  const id = await open(ana, name);
  await ana.getByTestId("composer-text").fill("Sí, de 10 a 14.");
  await ana.getByTestId("send").click();
  await expect(ana.getByTestId("line-2")).toBeVisible();
  return { ana, id, customer };
}

/** Ana answers and resolves; the customer writes again. */
async function reopened(world: World, name: string) {
  const { ana, id, customer } = await answered(world, name);
  await ana.getByTestId("resolve").click();
  await expect(ana.getByTestId("reopen")).toBeVisible();
  await customer.says("Otra cosa");
  return id;
}

test("a supervisor sees that a customer was answered, and opens the conversation behind it", async ({
  world,
}) => {
  const { ana, id } = await answered(world, "Nora Vidal");
  const sofia = await world.desk("Sofia");
  await sofia.getByTestId("rail-reports").click();
  await expect(sofia).toHaveURL(/\/reports$/);
  await expect(sofia.getByTestId("kpi-received")).toContainText("1");
  await expect(sofia.getByTestId("kpi-within")).toContainText("100%");
  const row = sofia.getByTestId(`report-row-${world.login("Ana").agent_id}`);
  await expect(row.getByTestId("figure-answered")).toHaveText("1");
  await row.getByTestId("figure-answered").click();
  const behind = sofia.getByTestId("drill").getByTestId(`drill-row-${id}`);
  await expect(behind).toContainText("Nora Vidal");
  await behind.click();
  await expect(sofia.getByTestId("timeline")).toContainText("Sí, de 10 a 14.");

  // An agent has no reports, nor by their address.
  await expect(ana.getByTestId("rail-inbox")).toBeVisible();
  await expect(ana.getByTestId("rail-reports")).toHaveCount(0);
  await ana.goto("/reports");
  await expect(ana.getByRole("alert")).toContainText("for supervisors and admins");
});

long(
  "a report is chosen, read and opened by keys, and its address says which it is",
  async ({ world }) => {
    const { id } = await answered(world, "Nora Vidal");
    await world.customer("Iker Sanz").says("¿Hola?");
    const admin = await world.desk("Admin");
    await admin.getByTestId("rail-inbox").focus();
    await admin.keyboard.press("g");
    await admin.keyboard.press("o");
    await expect(admin.getByTestId("kpi-open")).toContainText("1");
    await admin.getByTestId("report-time-7d").press("Enter");
    await admin.getByTestId("report-target").selectOption("5");
    await admin.getByTestId("report-agent").selectOption(world.login("Ana").agent_id);
    await expect(admin).toHaveURL(/time=7d&within=5&agent=/);
    await expect(admin.getByTestId("report-first_reply")).toContainText("Target 5 min");
    // The last column is today; the one before has nobody behind it.
    const plot = admin.getByTestId("report-first_reply-plot");
    await plot.focus();
    await expect(plot).toHaveAttribute("aria-valuenow", "7");
    await admin.keyboard.press("ArrowLeft");
    await expect(plot).toHaveAttribute("aria-valuenow", "6");
    await admin.keyboard.press("Enter");
    await expect(admin.getByTestId("drill")).toContainText(
      "No conversation is behind this figure.",
    );
    await admin.getByRole("button", { name: "Later" }).press("Enter");
    await expect(admin.getByTestId(`drill-row-${id}`)).toContainText("Nora Vidal");
    await admin.getByTestId("drill-measure").selectOption("resolution");
    await expect(admin.getByTestId(`drill-row-${id}`)).toHaveCount(0);
    await admin.keyboard.press("Escape");
    await expect(plot).toBeFocused();
    await admin.reload();
    await expect(admin.getByTestId("report-target")).toHaveValue("5");
    // The same as a table, and as a file.
    await admin.getByTestId("report-volume-table").click();
    await expect(admin.getByTestId("report-volume").getByRole("row")).toHaveCount(8);
    const [file] = await Promise.all([
      admin.waitForEvent("download"),
      admin.getByTestId("report-csv").click(),
    ]);
    expect(file.suggestedFilename()).toMatch(/\.csv$/);
  },
);

long(
  "figures are grouped by tag and outcome, and the reopened are behind their figure",
  async ({ world }) => {
    const id = await reopened(world, "Nora Vidal");
    const sofia = await world.desk("Sofia", { at: "/reports" });
    await expect(sofia.getByTestId("kpi-reopened")).toContainText("1 not over yet");
    await sofia.getByTestId("report-by-outcome").click();
    await expect(sofia).toHaveURL(/by=outcome/);
    const row = sofia.getByTestId("report-row-none");
    await expect(row).toContainText("Resolved without an outcome");
    await expect(sofia.getByTestId("report-row-unresolved")).toContainText("Not resolved");
    await row.getByTestId("figure-reopened").click();
    await expect(sofia.getByTestId("drill").getByTestId(`drill-row-${id}`)).toContainText(
      "Nora Vidal",
    );
    await sofia.keyboard.press("Escape");
    await sofia.getByTestId("report-by-tag").press("Enter");
    await expect(sofia.getByTestId("report-row-none")).toContainText("No tag");
    await sofia.reload();
    await expect(sofia.getByTestId("report-by-tag")).toHaveAttribute("aria-pressed", "true");
    for (const width of [390, 820, 1440]) {
      await sofia.setViewportSize({ width, height: 900 });
      await expect(sofia.getByTestId("report-by-outcome")).toBeVisible();
      const wide = await sofia.evaluate(() => document.documentElement.scrollWidth);
      expect(wide).toBeLessThanOrEqual(width);
    }
  },
);

long("without the network the figures stay and say from when they are", async ({ world }) => {
  await answered(world, "Nora Vidal");
  const sofia = await world.desk("Sofia", { at: "/reports" });
  await expect(sofia.getByTestId("kpi-received")).toContainText("1");
  await sofia.context().setOffline(true);
  world.cut(sofia);
  await expect(sofia.getByTestId("report-again")).toBeDisabled();
  await expect(sofia.getByTestId("report-csv")).toHaveCount(0);
  await sofia.getByTestId("report-time-28d").click();
  await expect(sofia.getByRole("alert").filter({ hasText: "These are from" })).toBeVisible();
  await expect(sofia.getByTestId("kpi-received")).toContainText("1");
  await sofia.context().setOffline(false);
  await expect(sofia.getByTestId("report-as-of")).toBeVisible();
  await expect(sofia.getByTestId("report-retry")).toHaveCount(0, { timeout: 30_000 });
});

long("hostile names behind a figure stay text", async ({ world }) => {
  const [name = ""] = PAYLOADS.slice(40, 41);
  await world.customer(name).says("Hola");
  const sofia = await world.desk("Sofia", { at: "/reports" });
  const seen = guard(sofia);
  await sofia.getByTestId("kpi-open").click();
  await expect(sofia.getByTestId("drill")).toContainText(name);
  await isHarmless(sofia);
  expect(seen).toEqual([]);
});
