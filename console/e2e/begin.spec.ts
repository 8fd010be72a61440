// An agent writes first, to a number that never wrote.
import type { Page } from "@playwright/test";
import { faults, looks } from "./looks.ts";
import { type World, expect, long, test } from "./world.ts";

/** Waits until the number's templates have come. */
async function templatesAreKnown(world: World) {
  const admin = await world.desk("Admin", { at: "/settings/numbers" });
  await expect(admin.locator("[data-testid^='templates-']")).toContainText("5 ");
}

/** The dialog, by its key. */
async function ask(page: Page) {
  await expect(page.getByTestId("begin")).toBeVisible();
  await page.keyboard.press("c");
  await expect(page.getByTestId("begin-phone")).toBeFocused();
}

test("a conversation is begun by keys, and goes on with the customer's answer", async ({
  world,
}) => {
  await templatesAreKnown(world);
  const nora = world.customer("Nora Lind");
  const ana = await world.desk("Ana");
  await ask(ana);
  await ana.keyboard.type("+34 600 10 00 01");
  await ana.keyboard.press("Enter");
  // The templates are offered by themselves, behind them nothing was said.
  await expect(ana.getByTestId("template-find")).toBeFocused();
  await expect(ana.getByTestId("timeline-empty")).toContainText("Nothing was said yet.");
  const [, id = ""] = /inbox\/open\/([0-9a-f-]+)/.exec(ana.url()) ?? [];
  await expect(ana.getByTestId(`row-${id}`)).toContainText("Nothing said yet");
  await ana.keyboard.type("su pedido");
  await ana.keyboard.press("Enter");
  await ana.keyboard.type("Nora");
  await ana.keyboard.press("Tab");
  await ana.keyboard.type("4711");
  await ana.keyboard.press("Control+Enter");
  await expect(ana.getByTestId("line-1")).toContainText("Hola Nora, su pedido 4711 está listo.");
  await expect.poll(async () => (await world.reached()).join()).toContain("order_update");
  await expect(ana.getByTestId("timeline-empty")).toHaveCount(0);
  await expect(ana.getByTestId("composer-shut")).toContainText("until the customer answers");
  await expect(ana.getByTestId("choose-template")).toBeFocused();

  await nora.says("Gracias, paso mañana");
  await expect(ana.getByTestId("line-2")).toContainText("Gracias, paso mañana");
  await expect(ana.getByTestId(`row-${id}`)).toContainText(nora.name);
  await expect(ana.getByTestId("owner-chip")).toContainText("You");
  await ana.keyboard.press("r");
  await ana.keyboard.type("Hasta mañana, Nora.");
  await ana.keyboard.press("Control+Enter");
  await expect(ana.getByTestId("line-3")).toContainText("Hasta mañana, Nora.");
  await expect.poll(async () => (await world.reached()).join()).toContain("Hasta mañana, Nora.");

  // However it is written: the same conversation, now with a text to write.
  await ana.goto("/inbox/mine");
  await ask(ana);
  await ana.keyboard.type("0034600100001");
  await ana.keyboard.press("Enter");
  await expect(ana).toHaveURL(new RegExp(id));
  await expect(ana.getByTestId("composer-text")).toBeFocused();
});

long("a number that is none says why, at its field", async ({ world }) => {
  const ana = await world.desk("Ana", { bypassCSP: true });
  await ask(ana);
  const fault = ana.getByTestId("begin-fault");
  for (const [phone, why] of [
    ["", "Type the customer’s number."],
    ["600 123 456", "Begin with + and the country code"],
    ["+34 six hundred", "Type digits only"],
    ["+34 600", "8 to 15 digits"],
  ] as const) {
    await ana.getByTestId("begin-phone").fill(phone);
    await ana.keyboard.press("Enter");
    await expect(fault).toContainText(why);
    await expect(ana.getByTestId("begin-phone")).toBeFocused();
    await expect(ana.getByTestId("begin-phone")).toHaveAttribute("aria-invalid", "true");
  }
  expect(await faults(ana)).toEqual([]);
  // The server cannot be asked: the number stays, and is sent again.
  await ana.route("**/api/v1/conversations", (route) => route.abort());
  await ana.getByTestId("begin-phone").fill("+34 600 100 077");
  await ana.keyboard.press("Enter");
  await expect(fault).toContainText("The server cannot be reached.");
  const problem = { status: 409, code: "not_allowed", title: "Conflict", detail: "theirs" };
  await ana.route("**/api/v1/conversations", (route) =>
    route.fulfill({ status: 409, json: problem, contentType: "application/problem+json" }),
  );
  await ana.keyboard.press("Enter");
  await expect(fault).toContainText("Another team has the conversation");
  await ana.unrouteAll();
  await ana.keyboard.press("Enter");
  await expect(ana.getByTestId("template-dialog")).toBeVisible();
});

long("a number that nobody has is offered by the palette and the search", async ({ world }) => {
  const otto = world.customer("Otto Lind");
  await otto.says("Hej");
  const ana = await world.desk("Ana");
  await expect(ana.getByTestId("list")).toContainText(otto.name);
  await ana.keyboard.press("Control+k");
  // Somebody has this one.
  await ana.getByTestId("palette-input").fill("+34 600 100 001");
  await expect(ana.getByTestId("palette")).toContainText(otto.name);
  await expect(ana.getByTestId("palette-item-write-to")).toHaveCount(0);
  await ana.getByTestId("palette-input").fill("34600100099");
  await expect(ana.getByTestId("palette-item-write-to")).toContainText("Write to +34 600 100 099");
  await ana.keyboard.press("Enter");
  await expect(ana.getByTestId("begin-phone")).toHaveValue("+34 600 100 099");
  await ana.keyboard.press("Escape");
  await ana.goto("/search?q=%2B34600100099");
  await ana.getByTestId("search-write-to").click();
  await ana.getByTestId("begin-go").click();
  await expect(ana.getByTestId("template-dialog")).toBeVisible();
});

long("the dialog waits until the conversation is held", async ({ world }) => {
  const ana = await world.desk("Ana");
  await ask(ana);
  // Neither the socket nor a read tells of it.
  world.deafen(ana);
  await ana.route(/\/api\/v1\/conversations\/[0-9a-f-]{36}$/, (route) =>
    route.fulfill({ status: 503, json: {} }),
  );
  await ana.keyboard.type("+34 600 100 055");
  await ana.keyboard.press("Enter");
  await expect(ana.getByTestId("begin-stage")).toContainText("Opening the conversation");
  world.undeafen(ana);
  await expect(ana.getByTestId("template-dialog")).toBeVisible();
});

/** The page believes in a second number, which has no templates. */
async function anotherNumber(page: Page) {
  await page.route("**/api/v1/channels", async (route) => {
    const answer = await route.fetch();
    const [one] = (await answer.json()) as { id: string; name: string }[];
    const id = "0190a0a0-0000-7000-8000-000000000001";
    await route.fulfill({ json: [one, { ...one, id, name: "Workshop" }] });
  });
  await page.route("**/channels/0190a0a0*/templates", (route) =>
    route.fulfill({ json: { templates: [] } }),
  );
  await page.reload();
}

test("writing first looks right", async ({ world }) => {
  await templatesAreKnown(world);
  await world.customer("Rita Sanz").says("Hola, ¿a qué hora abrís?");
  const ana = await world.desk("Ana", { bypassCSP: true });
  await ask(ana);
  await looks(ana, "begin");
  await ana.getByTestId("begin-phone").fill("600 123 456");
  await ana.keyboard.press("Enter");
  await looks(ana, "begin-fault");
  await ana.getByTestId("begin-phone").fill("+34 600 123 456");
  await ana.keyboard.press("Enter");
  await expect(ana.getByTestId("template-find")).toBeVisible();
  await looks(ana, "begin-templates");
  await ana.keyboard.press("Escape");
  await expect(ana.getByTestId("timeline-empty")).toBeVisible();
  await looks(ana, "begin-empty");
  const sheet = `/board/agent/${world.login("Ana").agent_id}`;
  const sofia = await world.desk("Sofia", { at: sheet, bypassCSP: true });
  await expect(sofia.getByTestId("agent-sheet")).toContainText("Nothing said yet");
  await sofia.getByTestId(/^join-/).click();
  await expect(sofia.getByTestId("timeline-empty")).toHaveText("Nothing was said yet.");
  await looks(sofia, "begin-board");
  await ana.goto("/inbox/open");
  await ana.getByTestId("rail-me").click();
  await ana.getByTestId("language").selectOption("ar");
  await ana.keyboard.press("Escape");
  await ask(ana);
  await looks(ana, "begin-arabic");
  await anotherNumber(ana);
  await ask(ana);
  await ana.getByTestId("begin-channel").selectOption({ label: "Workshop · 15550783881" });
  await expect(ana.getByTestId("begin-bare")).toBeVisible();
  await looks(ana, "begin-bare-arabic");
  await ana.keyboard.press("Escape");
  await ana.getByTestId("rail-me").click();
  await ana.getByTestId("language").selectOption("en");
  await ana.keyboard.press("Escape");
  await ask(ana);
  await looks(ana, "begin-bare");
});
