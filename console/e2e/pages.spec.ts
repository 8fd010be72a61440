// Each page in both themes and three sizes: no fault of accessibility, and a picture to look at.
import { looks } from "./looks.ts";
import { Node, PASSWORD } from "./node.ts";
import { behind, overtaken } from "./overtaken.ts";
import { seeded } from "./seeded.ts";
import { expect, long, open, reveal, signIn, test } from "./world.ts";

test("sign-in", async ({ world }) => {
  const page = await world.stranger({ bypassCSP: true });
  await page.goto("/sign-in");
  await looks(page, "sign-in");
});

test("inbox, conversation, dialogs", async ({ world }) => {
  const names = ["Teresa Vega", "ليلى منصور", "Rubén Soto", "Hannah Weiss"];
  for (const name of names) await world.customer(name).says("Hola, ¿me ayudáis con un pedido?");
  const lucia = world.customer("Lucía Paredes");
  await lucia.says("Hola, ayer se me dobló el cambio trasero. ¿Lo podéis mirar hoy?");
  const ana = await world.desk("Ana", { bypassCSP: true });
  const ben = await world.desk("Ben");
  await reveal(ana, lucia.name);
  await looks(ana, "inbox");

  await open(ana, lucia.name);
  await ana.getByTestId("claim").click();
  await expect(ana.getByTestId("owner-chip")).toContainText("You");
  await ana.getByTestId("composer-text").fill("Tráela esta mañana y lo vemos en el taller.");
  await ana.getByTestId("send").click();
  await expect(ana.getByTestId("line-2")).toBeVisible();
  await ana.getByTestId("composer-mode-note").click();
  await ana.getByTestId("composer-text").fill("La patilla de la Alba 3 está en el cajón 14.");
  await ana.getByTestId("send").click();
  await ana.getByTestId("composer-mode-reply").click();
  await lucia.says("¿Y la cadena también habría que cambiarla?");
  await expect(ana.getByTestId("line-3")).toBeVisible();
  await open(ben, lucia.name);
  await ben.getByTestId("composer-text").pressSequentially("En azul nos llega");
  await expect(ana.getByTestId("lease-strip")).toBeVisible();
  await looks(ana, "conversation");
  await ben.getByTestId("composer-text").fill("");
  await expect(ana.getByTestId("lease-strip")).toBeHidden();

  await ana.getByTestId("hand-over").click();
  await looks(ana, "hand-over");
  await ana.keyboard.press("Escape");

  await ana.context().setOffline(true);
  world.cut(ana);
  await ben.getByTestId("composer-text").fill("Hola Lucía, soy Ben. La cadena sí, son 22 €.");
  await ben.getByTestId("send").click();
  await expect(ben.getByTestId("line-4")).toBeVisible();
  await ana.getByTestId("composer-text").fill("Sí, la cadena está estirada.");
  await ana.getByTestId("send").click();
  await expect(ana.getByTestId("banner-offline")).toBeVisible();
  await looks(ana, "offline");
  await ana.context().setOffline(false);
  await expect(ana.getByTestId("stale-dialog")).toBeVisible();
  await expect(ana.getByTestId("stale-send")).toBeEnabled();
  await looks(ana, "stale");
  await ana.keyboard.press("Escape");

  await ana.getByTestId("rail-me").click();
  await looks(ana, "account");
  await ana.getByTestId("language").selectOption("ar");
  await ana.keyboard.press("Escape");
  await expect(ana.locator("html")).toHaveAttribute("dir", "rtl");
  await looks(ana, "arabic");
});

test("people, search, settings, board, keys", async ({ world }) => {
  await world.customer("Pau Riera").says("Hola");
  const admin = await world.desk("Admin", { bypassCSP: true });
  await admin.goto("/people");
  await expect(admin.getByTestId(`person-${world.login("Ana").agent_id}`)).toBeVisible();
  await looks(admin, "people");
  await admin.goto("/search?q=Pau");
  await expect(admin.getByTestId("hits")).toContainText("Pau Riera");
  await looks(admin, "search");
  for (const page of [
    "numbers",
    "teams",
    "agents",
    "log",
    "tags",
    "team-policies",
    "you",
    "notifications",
    "devices",
    "appearance",
  ]) {
    await admin.goto(`/settings/${page}`);
    await expect(admin.locator("main section").first()).toBeVisible();
    if (page === "agents") {
      await admin.getByTestId(`agent-open-${world.login("Ben").agent_id}`).click();
      await expect(admin.getByTestId("agent-capacity")).toBeVisible();
    }
    await looks(admin, `settings-${page}`);
  }
  const sofia = await world.desk("Sofia", { bypassCSP: true });
  await sofia.goto("/board");
  await expect(sofia.getByTestId("queue")).toContainText("Pau Riera");
  await looks(sofia, "board");
  await sofia.goto(`/board/agent/${world.login("Ana").agent_id}`);
  await expect(sofia.getByTestId("agent-sheet")).toBeVisible();
  await looks(sofia, "agent");
  await sofia.goto("/reports");
  await expect(sofia.getByTestId("kpi-received")).toContainText("1");
  await looks(sofia, "reports");
  await admin.goto("/welcome");
  await expect(admin.getByTestId("firstrun-step-4")).toBeVisible();
  await looks(admin, "welcome");
  await admin.goto("/inbox/open");
  await reveal(admin, "Pau Riera");
  await admin.keyboard.press("Control+k");
  await admin.getByTestId("palette-input").fill("a");
  await looks(admin, "palette");
  await admin.keyboard.press("Escape");
  await admin.keyboard.press("?");
  await looks(admin, "keys");
});

test("several chosen", async ({ world }) => {
  const names = ["Teresa Vega", "ليلى منصور", "Rubén Soto", "Hannah Weiss", "Noor Haddad"];
  for (const name of names) await world.customer(name).says("Hola, ¿me ayudáis con un pedido?");
  const ana = await world.desk("Ana", { bypassCSP: true });
  const ben = await world.desk("Ben");
  await open(ben, "Rubén Soto");
  await ben.getByTestId("claim").click();
  await expect(ben.getByTestId("owner-chip")).toContainText("You");
  for (const name of names.slice(0, 4)) {
    await (await reveal(ana, name)).click({ modifiers: ["Control"] });
  }
  await looks(ana, "chosen");
  await ana.getByTestId("action-move").click();
  await ana.getByTestId(`move-to-${world.login("Ana").agent_id}`).click();
  await expect(ana.getByTestId("bulk-ask")).toBeVisible();
  await looks(ana, "chosen-ask");
  await ana.keyboard.press("Escape");
  await ana.keyboard.press("Escape");
  await ana.getByTestId("rail-me").click();
  await ana.getByTestId("language").selectOption("ar");
  await ana.keyboard.press("Escape");
  await (await reveal(ana, "Teresa Vega")).click({ modifiers: ["Control"] });
  await looks(ana, "chosen-arabic");
  const sofia = await world.desk("Sofia", { at: "/board", bypassCSP: true });
  await sofia.getByTestId("board-select").click();
  await sofia.getByTestId("queue").getByText("Hannah Weiss").click();
  await looks(sofia, "board-chosen");
});

long("what concerns one, canned replies, tags, a file", async ({ world }) => {
  const { talk, canned } = await seeded(world);
  const sofia = await world.desk("Sofia", { at: "/notices", bypassCSP: true });
  await expect(sofia.locator("[data-kind=mention]").first()).toBeVisible();
  await looks(sofia, "notices");
  const admin = await world.desk("Admin", {
    at: `/settings/canned-replies/${canned}`,
    bypassCSP: true,
  });
  await expect(admin.getByTestId("setting-form")).toBeVisible();
  await looks(admin, "settings-canned-reply");
  const ana = await world.desk("Ana", { at: `/inbox/mine/${talk}`, bypassCSP: true });
  await ana.getByTestId("composer-text").fill("/");
  await expect(ana.getByTestId("canned-picker")).toBeVisible();
  await looks(ana, "canned");
  await ana.getByTestId("composer-text").fill("");
  await ana.getByTestId("timeline").focus();
  await ana.keyboard.press("l");
  await expect(ana.getByTestId("tag-picker")).toBeVisible();
  await looks(ana, "tag");
  await ana.keyboard.press("Escape");
  await ana.getByTestId("line-5").getByTestId("file-look").click();
  await expect(ana.getByTestId("viewer")).toBeVisible();
  await looks(ana, "viewer");
});

long("several stale", async ({ world }) => {
  const ana = await world.desk("Ana", { bypassCSP: true });
  await behind(world, ana, ["Rita Sanz", "ليلى منصور", "Noor Haddad"], "Sí, desde las 10.");
  await ana.getByTestId("review-next").click();
  await ana.getByTestId("review-later").click();
  await expect(ana.getByTestId("stale-send")).toBeEnabled();
  await looks(ana, "stale-sheet");
  await ana.keyboard.press("Escape");
  await ana.getByTestId("rail-me").click();
  await ana.getByTestId("language").selectOption("ar");
  await ana.keyboard.press("Escape");
  await ana.getByTestId("review-next").click();
  await expect(ana.getByTestId("stale-send")).toBeEnabled();
  await looks(ana, "stale-sheet-arabic");
});

long("needs review", async ({ world }) => {
  const ana = await world.desk("Ana", { bypassCSP: true });
  const names = ["Rita Sanz", "ليلى منصور"];
  await overtaken(world, ana, names, "Sí, desde las 10.", "¿Y a las 9?");
  await expect(ana.getByTestId("rail-review")).toHaveAccessibleName("Needs review, 2 messages");
  await ana.getByTestId("rail-review").click();
  await ana.getByTestId("review-all").click();
  await looks(ana, "review");
  await ana.getByTestId("action-send").click();
  await expect(ana.getByTestId("send-many-go")).toBeEnabled();
  await looks(ana, "review-send");
  await ana.keyboard.press("Escape");
  await ana.getByTestId("rail-me").click();
  await ana.getByTestId("language").selectOption("ar");
  await ana.keyboard.press("Escape");
  await looks(ana, "review-arabic");
  await ana.goto("/review?kind=restored");
  await expect(ana.getByTestId("review-empty")).toBeVisible();
  await looks(ana, "review-empty");
});

long("reports", async ({ world }) => {
  const ana = await world.desk("Ana");
  for (const name of ["Rita Sanz", "ليلى منصور", "Noor Haddad"]) {
    await world.customer(name).says("Hola, ¿a qué hora abrís?");
    await open(ana, name);
    await ana.getByTestId("composer-text").fill("A las 10.");
    await ana.getByTestId("send").click();
    await expect(ana.getByTestId("line-2")).toBeVisible();
  }
  await world.customer("Hannah Weiss").says("Haben Sie heute offen?");
  const sofia = await world.desk("Sofia", { at: "/reports?time=7d", bypassCSP: true });
  await expect(sofia.getByTestId("kpi-open")).toContainText("1");
  await looks(sofia, "reports-days");
  for (const chart of ["volume", "first_reply"]) {
    await sofia.getByTestId(`report-${chart}-table`).click();
  }
  await looks(sofia, "reports-table");
  await sofia.getByTestId("kpi-first_reply").click();
  await expect(sofia.getByTestId("drill").getByRole("link")).toHaveCount(3);
  await looks(sofia, "reports-drill");
  await sofia.keyboard.press("Escape");
  await sofia.getByTestId("rail-me").click();
  await sofia.getByTestId("language").selectOption("ar");
  await sofia.keyboard.press("Escape");
  await looks(sofia, "reports-arabic");
  await sofia.goto("/reports?time=yesterday");
  await expect(sofia.getByTestId("report-empty")).toBeVisible();
  await looks(sofia, "reports-empty");
});

long("quarantine", async ({ world }) => {
  const node = await Node.start({ number: true });
  try {
    const page = await world.stranger({ baseURL: node.url, bypassCSP: true });
    await page.goto(`${node.url}/`);
    await signIn(page, { workspace: "shop", email: "ines@shop.example", password: PASSWORD });
    await page.goto(`${node.url}/settings/quarantine`);
    await expect(page.getByTestId("quarantine-empty")).toBeVisible();
    await looks(page, "settings-quarantine-empty");
    for (const text of ["Hola, ¿abrís mañana?", "مرحبا، هل أنتم هنا؟"]) {
      await node.customerSays("Olga Ruiz", text, "106540352242777");
    }
    await page.reload();
    await page.getByText("What came").first().click();
    await expect(page.getByTestId("quarantine-raw").first()).toContainText("Olga Ruiz");
    await looks(page, "settings-quarantine");
  } finally {
    await node.end();
  }
});
