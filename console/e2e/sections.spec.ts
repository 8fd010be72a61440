import { Node, PASSWORD } from "./node.ts";
import { expect, leaveText, long, open, reveal, signIn } from "./world.ts";

long("everything is found by name, and single keys lead everywhere", async ({ world }) => {
  const irene = world.customer("Irene Solé");
  await irene.says("¿Tenéis luces?");
  const ana = await world.desk("Ana");
  await reveal(ana, irene.name);
  await ana.keyboard.press("Control+k");
  await ana.getByTestId("palette-input").fill("irene sole");
  await ana.keyboard.press("Enter");
  await expect(ana.getByTestId("timeline")).toContainText("luces");
  await ana.getByTestId("timeline").focus();
  await ana.keyboard.press("?");
  await expect(ana.getByTestId("keys")).toBeVisible();
  await ana.keyboard.press("Escape");
  await expect(ana.getByTestId("keys")).toBeHidden();
  await ana.keyboard.press("g");
  await ana.keyboard.press("p");
  await expect(ana).toHaveURL(/people/);
  const sofia = world.login("Sofia").agent_id;
  await expect(ana.getByTestId(`person-${sofia}`)).toContainText("Sofia");
  // They can be switched off.
  await ana.goto("/settings/appearance");
  await ana.getByTestId("my-keys").selectOption("off");
  await ana.getByTestId("rail-inbox").focus();
  await ana.keyboard.press("/");
  await expect(ana).toHaveURL(/appearance/);
  await ana.getByTestId("my-keys").selectOption("on");
});

long(
  "a customer whose conversation is resolved is found by a part of the name",
  async ({ world }) => {
    const oriol = world.customer("Oriol Camps");
    await oriol.says("Gracias por todo");
    const ana = await world.desk("Ana");
    await open(ana, oriol.name);
    await ana.getByTestId("claim").click();
    await ana.getByTestId("resolve").click();
    await expect(ana.getByTestId("reopen")).toBeVisible();
    await ana.reload();
    await ana.getByTestId("rail-search").click();
    await ana.getByTestId("search-input").fill("riol cam");
    await expect(ana.getByTestId("hits")).toContainText("Oriol Camps");
    await expect(ana).toHaveURL(/q=riol/);
    await ana.getByTestId("hits").getByText("Oriol Camps").click();
    await expect(ana.getByTestId("timeline")).toContainText("Gracias por todo");
    // Without a name, by what is known of it.
    await ana.getByTestId("rail-search").click();
    await ana.getByTestId("search-status").selectOption("resolved");
    await ana.getByTestId("search-owner").selectOption("nobody");
    await expect(ana).toHaveURL(/status=resolved&owner=nobody/);
    await expect(ana.getByTestId("hits")).toContainText("Oriol Camps");
    await ana.getByTestId("search-status").selectOption("snoozed");
    await expect(ana.getByText("No conversation is like that.")).toBeVisible();
    await ana.goto("/search?q=nobody%20at%20all");
    await expect(ana.getByText("Nothing found for")).toBeVisible();
  },
);

long(
  "a message and a note are found by their words and opened at their place",
  async ({ world }) => {
    const irene = world.customer("Irene Vidal");
    await irene.says("¿Tenéis piñones para una Alba?");
    for (let n = 1; n <= 60; n += 1) await irene.says(`Línea ${n}`);
    const ana = await world.desk("Ana");
    await open(ana, irene.name);
    await leaveText(ana);
    await ana.keyboard.press("n");
    await ana.getByTestId("composer-text").fill("Piñón del cajón 14");
    await ana.keyboard.press("Control+Enter");
    await expect(ana.getByTestId("timeline")).toContainText("cajón 14");
    await ana.getByTestId("rail-search").click();
    // Texts become searchable shortly after they are written.
    await expect(async () => {
      await ana.goto("/search?q=PINON");
      await expect(ana.getByTestId("found-notes")).toContainText("cajón 14", { timeout: 1_000 });
    }).toPass();
    const messages = ana.getByTestId("found-messages");
    await expect(messages).toContainText("Irene Vidal");
    await expect(messages.locator("mark")).toHaveText("piñones");
    await messages.getByText("para una Alba").click();
    await expect(ana).toHaveURL(/line=1$/);
    await expect(ana.getByTestId("line-1")).toBeInViewport();
    await expect(ana.getByTestId("line-1")).toHaveClass(/hitline/);
  },
);

long("a view is kept by name, counted, renamed, deleted and brought back", async ({ world }) => {
  const irene = world.customer("Irene Pons");
  await irene.says("¿Hola?");
  const ana = await world.desk("Ana");
  await reveal(ana, irene.name);
  await ana.getByTestId("view-add").click();
  await ana.getByTestId("view-name").fill("Nobody yet");
  await ana.getByTestId("view-owner").selectOption("nobody");
  await ana.getByTestId("view-unanswered").check();
  await ana.getByTestId("add-go").click();
  const link = ana.locator('a[data-testid^="view-saved-"]');
  await expect(link).toContainText("Nobody yet");
  await expect(link.locator(".n")).toHaveText("1");
  await link.click();
  await expect(ana).toHaveURL(/saved-/);
  await open(ana, irene.name);
  await ana.getByTestId("claim").click();
  await expect(link.locator(".n")).toHaveText("0");
  await ana.locator('[data-testid^="view-change-"]').click();
  await ana.getByTestId("view-name").fill("In the queue");
  await ana.getByTestId("add-go").click();
  await expect(link).toContainText("In the queue");
  await ana.locator('[data-testid^="view-change-"]').click();
  await ana.getByTestId("view-drop").click();
  await expect(link).toBeHidden();
  await ana.getByTestId("toast-undo").click();
  await expect(link).toContainText("In the queue");
});

long(
  "an admin makes a team and a colleague, who signs in; what is changed can be undone",
  async ({ world }) => {
    const admin = await world.desk("Admin");
    await admin.goto("/settings/teams");
    await admin.getByTestId("add-team").click();
    await admin.getByTestId("team-name").fill("Rentals");
    await admin.getByTestId("add-go").click();
    const team = admin.locator("section", { hasText: "Rentals" });
    await expect(team).toBeVisible();
    const policy = team.getByLabel("Who may answer");
    await policy.selectOption("team");
    await expect(admin.getByTestId("toast")).toContainText("Saved");
    await admin.getByTestId("toast-undo").click();
    await expect(policy).toHaveValue("owner");
    // The same name again is refused, beside the field, and nothing is lost.
    await admin.getByTestId("add-team").click();
    await admin.getByTestId("team-name").fill("Rentals");
    await admin.getByTestId("add-go").click();
    await expect(admin.getByRole("alert").filter({ hasText: "taken" })).toBeVisible();
    await expect(admin.getByTestId("team-name")).toHaveValue("Rentals");
    await admin.keyboard.press("Escape");

    await admin.getByTestId("settings-agents").click();
    await admin.getByTestId("add-agent").click();
    await admin.getByTestId("agent-name").fill("Dora");
    await admin.getByTestId("agent-email").fill("dora@demo.example");
    await admin.getByTestId("agent-password").fill("a-good-long-password");
    await admin.getByTestId("add-go").click();
    await expect(admin.locator("section", { hasText: "Dora" })).toBeVisible();
    const dora = await world.stranger();
    await dora.goto("/");
    const { workspace } = world.login("Ana");
    await signIn(dora, { workspace, email: "dora@demo.example", password: "a-good-long-password" });
    await expect(dora.getByTestId("rail-me")).toBeVisible();
    // She sees how teams are set, and changes nothing.
    await dora.goto("/settings/teams");
    await expect(dora.getByText("Only admins change this.")).toBeVisible();
    await expect(dora.getByTestId("add-team")).toHaveCount(0);
    await expect(dora.locator("section", { hasText: "Rentals" }).getByLabel("Name")).toBeDisabled();
  },
);

long("from one device another one is signed out", async ({ world }) => {
  const [here, there] = [await world.stranger(), await world.stranger()];
  for (const page of [here, there]) {
    await page.goto("/");
    await signIn(page, world.login("Chloe"));
  }
  await here.goto("/settings/devices");
  const id = await there.evaluate(
    () => JSON.parse(localStorage.getItem("baton.session") ?? "{}").device_id as string,
  );
  await here.getByTestId(`device-${id}`).getByRole("button").click();
  await expect(there).toHaveURL(/sign-in/);
  await expect(here.getByTestId(`device-${id}`)).toHaveCount(0);
});

long(
  "older lines come a page at a time, and what is looked at stays where it is",
  async ({ world }) => {
    const bruno = world.customer("Bruno Mas");
    for (let n = 1; n <= 60; n += 1) await bruno.says(`Línea ${n}`);
    const ana = await world.desk("Ana");
    await open(ana, bruno.name);
    await expect(ana.getByTestId("line-60")).toBeVisible();
    const older = ana.getByRole("button", { name: "Load older messages" });
    while ((await older.count()) > 0) {
      await older.click();
      await expect(ana.getByTestId("timeline")).toHaveAttribute("aria-busy", "false");
    }
    await expect(ana.getByTestId("line-1")).toHaveText(/Línea 1/);
  },
);

long("an empty installation leads its admin to the first message", async ({ world }) => {
  const node = await Node.start({ number: false });
  try {
    const page = await world.stranger({ baseURL: node.url });
    await page.goto(`${node.url}/`);
    await signIn(page, { workspace: "shop", email: "ines@shop.example", password: PASSWORD });
    await expect(page.getByTestId("list-new")).toBeVisible();
    await page.getByTestId("list-new").getByRole("link", { name: "Set up" }).click();
    // What Meta asks for comes without a terminal.
    const step = page.getByTestId("firstrun-step-1");
    const form = step.getByTestId("meta-app-form");
    await form.getByLabel("App ID").fill("1234567890");
    await form.getByLabel("App secret").fill("of-this-test");
    await form.getByTestId("meta-app-add").click();
    await expect(step.getByTestId("webhook-address")).toContainText(
      "/webhooks/whatsapp/1234567890",
    );
    await expect(step.getByTestId("verify-token")).not.toBeEmpty();
    await expect(step.getByTestId("loopback")).toBeVisible();
    await page.getByTestId("workspace-name").fill("Baton Bikes");
    await page.getByTestId("workspace-name").blur();
    await page.goto(`${node.url}/settings`);
    await page.getByTestId("settings-welcome").click();
    await expect(page.getByTestId("workspace-name")).toHaveValue("Baton Bikes");
    await expect(page.getByTestId("webhook-address")).toBeVisible();
    node.connect();
    await expect(page.getByTestId("firstrun-step-1")).toContainText("Support is connected.");
    await node.customerSays("Olga Ruiz", "hola");
    await expect(page.getByTestId("firstrun-step-3")).toContainText("A customer has written.");
  } finally {
    await node.end();
  }
});

long(
  "days that are the wrong way round are told at their fields, and nothing is asked",
  async ({ world }) => {
    const ana = await world.desk("Ana", { at: "/search" });
    const asked: string[] = [];
    ana.on("request", (request) => asked.push(request.url()));
    await ana.getByTestId("search-from").fill("2026-03-02");
    await ana.getByTestId("search-until").fill("2026-03-01");
    const wrong = ana.getByTestId("search-days-wrong");
    await expect(wrong).toHaveText("The first day is later than the last.");
    await expect(ana.getByTestId("search-until")).toHaveAccessibleDescription(
      "The first day is later than the last.",
    );
    await expect(ana.getByText("No conversation is like that.")).toHaveCount(0);
    expect(asked.filter((url) => url.includes("2026-02-28") || url.includes("until="))).toEqual([]);
    await ana.getByTestId("search-until").fill("2026-03-03");
    await expect(wrong).toHaveCount(0);
    await expect.poll(() => asked.some((url) => url.includes("until="))).toBe(true);
  },
);
