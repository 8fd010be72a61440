import { Node, PASSWORD } from "./node.ts";
import { expect, long, open, signIn, test } from "./world.ts";
import { kept } from "./kept.ts";

/** What the server knows, asked past what the page was told. */
async function lastSeq(id: string | undefined): Promise<number> {
  const answer = await fetch(`/api/v1/conversations/${id}`);
  const { view } = (await answer.json()) as { view: { head: { last_seq: number } } };
  return view.head.last_seq;
}

test("a wrong password says so, and the right one opens the inbox", async ({ world }) => {
  const page = await world.stranger();
  await page.goto("/inbox/late");
  await expect(page).toHaveURL(/sign-in/);
  const ana = world.login("Ana");
  // A demo suggests its own workspace: there is nothing to find out.
  await expect(page.getByTestId("sign-workspace")).toHaveValue(ana.workspace);
  await page.getByTestId("sign-email").fill(ana.email);
  await page.getByTestId("sign-password").fill("wrong");
  await page.getByTestId("sign-go").click();
  await expect(page.getByRole("alert")).toContainText("is not right");
  await signIn(page, ana);
  // Where it was to go.
  await expect(page).toHaveURL(/inbox\/late/);
});

test("a customer writes, an agent claims and answers, both ticks come", async ({ world }) => {
  const lucia = world.customer("Lucía Ferrer");
  await lucia.says("Hola, ¿tenéis la Alba 3 en talla M?");
  const ana = await world.desk("Ana");
  await open(ana, lucia.name);
  await ana.getByTestId("claim").click();
  await expect(ana.getByTestId("owner-chip")).toContainText("You");
  await ana.getByTestId("composer-text").fill("Sí, nos queda una en verde.");
  await ana.getByTestId("composer-text").press("Control+Enter");
  await expect(ana.getByTestId("composer-text")).toHaveValue("");
  const status = ana.getByTestId("line-2").getByTestId("line-status");
  await expect(status).toHaveAttribute("data-status", /delivered|read/);
  // A line that arrives while one looks is there at once, and read.
  await lucia.says("¡Genial, voy mañana!");
  await expect(ana.getByTestId("line-3")).toContainText("voy mañana");
});

test("of two who claim one wins, and the other is told who", async ({ world }) => {
  const hugo = world.customer("Hugo Lamas");
  await hugo.says("¿Abrís el sábado?");
  const [ana, ben] = [await world.desk("Ana"), await world.desk("Ben")];
  await open(ana, hugo.name);
  await open(ben, hugo.name);
  await expect(ben.getByTestId("claim")).toBeVisible();
  // Ben's browser does not hear of it before he presses.
  world.deafen(ben);
  await ana.getByTestId("claim").click();
  await expect(ana.getByTestId("owner-chip")).toContainText("You");
  await ben.getByTestId("claim").click();
  await expect(ben.getByTestId("toast")).toContainText("Ana was faster");
  world.undeafen(ben);
  await expect(ben.getByTestId("owner-chip")).toContainText("Ana");
});

test("who begins to type is seen, and can be taken over without losing a word", async ({
  world,
}) => {
  const marta = world.customer("Marta Gil");
  await marta.says("¿Os queda la Sierra en talla M?");
  const [ana, ben] = [await world.desk("Ana"), await world.desk("Ben")];
  await open(ana, marta.name);
  await open(ben, marta.name);
  await ben.getByTestId("composer-text").pressSequentially("En azul nos llega una");
  const strip = ana.getByTestId("lease-strip");
  await expect(strip).toContainText("Ben is replying");
  await expect(ana.getByTestId("lease-draft")).toContainText("En azul nos llega una");
  await ana.getByTestId("composer-text").fill("Hola Marta, en verde queda una");
  await expect(ana.getByTestId("send")).toBeDisabled();
  await ana.getByTestId("lease-take-over").click();
  await expect(strip).toBeHidden();
  await expect(ben.getByTestId("lease-lost")).toContainText("Ana took over");
  await expect(ben.getByTestId("composer-text")).toHaveValue("En azul nos llega una");
  await expect(ben.getByTestId("send")).toBeDisabled();
  await ana.getByTestId("send").click();
  await expect(ana.getByTestId("line-2")).toContainText("en verde queda una");
  await expect(ben.getByTestId("line-2")).toContainText("en verde queda una");
});

for (const [button, then, journey] of [
  ["discard", "gone", long],
  ["note", "note", long],
  ["back", "draft", test],
  ["send", "sent", test],
] as const) {
  journey(`a reply that missed one is shown it first, and can be: ${then}`, async ({ world }) => {
    const owen = world.customer(`Owen ${then}`);
    await owen.says("Is the e-bike ready for Saturday?");
    const [ana, ben] = [await world.desk("Ana"), await world.desk("Ben")];
    await open(ana, owen.name);
    await open(ben, owen.name);
    // What Ben answers and Owen adds, Ana's browser does not hear before she sends.
    world.deafen(ana);
    await ben.getByTestId("composer-text").fill("Yes, from 10 on.");
    await ben.getByTestId("send").click();
    await expect(ben.getByTestId("line-2")).toBeVisible();
    await owen.says("Can I come at 18:00?");
    await expect(ben.getByTestId("line-3")).toBeVisible();
    await ana.getByTestId("composer-text").fill("It will be ready on Monday.");
    await ana.getByTestId("send").click();

    const dialog = ana.getByTestId("stale-dialog");
    await expect(dialog).toBeVisible();
    await expect(dialog).toContainText("Not sent: Ben answered and Owen wrote again");
    await expect(ana.getByTestId("stale-missed")).toContainText("Yes, from 10 on.");
    await expect(ana.getByTestId("stale-missed")).toContainText("Can I come at 18:00?");
    await expect(ana.getByTestId("stale-text")).toBeFocused();
    await expect(ana.getByTestId("stale-text")).toHaveValue("It will be ready on Monday.");
    await ana.getByTestId(`stale-${button}`).click();
    await expect(dialog).toBeHidden();
    world.undeafen(ana);

    const timeline = ben.getByTestId("timeline");
    if (then === "gone") {
      await expect(ana.getByTestId("composer-text")).toHaveValue("");
      await expect(timeline).not.toContainText("ready on Monday");
    } else if (then === "note") {
      await expect(timeline.getByRole("note")).toContainText("It will be ready on Monday.");
    } else if (then === "draft") {
      await expect(ana.getByTestId("composer-text")).toHaveValue("It will be ready on Monday.");
      await expect(timeline).not.toContainText("ready on Monday");
    } else {
      await expect(ben.getByTestId("line-4")).toContainText("It will be ready on Monday.");
    }
    await expect(ana.getByTestId("banner-review")).toBeHidden();
  });
}

long("a reflex cannot send what is stale", async ({ world }) => {
  const priya = world.customer("Priya Nair");
  await priya.says("Which size is this frame?");
  const ana = await world.desk("Ana");
  await open(ana, priya.name);
  world.deafen(ana);
  await priya.says("Never mind, found it.");
  await expect.poll(() => ana.evaluate(lastSeq, ana.url().split("/").at(-1))).toBeGreaterThan(1);
  await ana.getByTestId("composer-text").fill("Size M.");
  await ana.getByTestId("send").click();
  const dialog = ana.getByTestId("stale-dialog");
  await expect(dialog).toBeVisible();
  await expect(ana.getByTestId("stale-send")).toBeDisabled();
  await ana.getByTestId("stale-text").press("Control+Enter");
  await expect(dialog).toBeVisible();
  await ana.getByTestId("stale-text").fill("Good to hear.");
  await expect(ana.getByTestId("stale-send")).toHaveText("Send changed reply");
  await ana.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(ana.getByTestId("composer-text")).toHaveValue("Good to hear.");
});

test("offline is said after a moment; what is written leaves with the network", async ({
  world,
}) => {
  const jordi = world.customer("Jordi Puig");
  await jordi.says("¿A qué hora cerráis?");
  const ana = await world.desk("Ana");
  await open(ana, jordi.name);
  await ana.context().setOffline(true);
  world.cut(ana);
  await expect(ana.getByTestId("banner-offline")).toContainText("Offline.");
  await ana.getByTestId("composer-text").fill("A las ocho.");
  await ana.getByTestId("send").click();
  await expect(ana.getByTestId("outbox")).toContainText("1 waiting");
  await expect(ana.getByTestId("timeline")).toContainText("A las ocho.");
  await ana.context().setOffline(false);
  await expect(ana.getByTestId("banner-offline")).toBeHidden();
  await expect(ana.getByTestId("line-2")).toContainText("A las ocho.");
  await expect(ana.getByTestId("line-3")).toHaveCount(0);
});

long("a draft outlives the page, a note stays with the team", async ({ world }) => {
  const claire = world.customer("Claire Dubois");
  await claire.says("Bonjour !");
  const ana = await world.desk("Ana");
  await open(ana, claire.name);
  await ana.getByTestId("composer-text").fill("Half a tho");
  await expect(ana.getByText("Sending makes it yours.")).toBeVisible();
  await expect.poll(() => kept(ana)).toContain("Half a tho");
  await ana.reload();
  await expect(ana.getByTestId("composer-text")).toHaveValue("Half a tho");
  await ana.getByTestId("composer-mode-note").click();
  await ana.getByTestId("composer-text").fill("Speaks French only");
  await ana.getByTestId("send").click();
  await expect(ana.getByRole("note")).toContainText("Speaks French only");
  expect((await world.reached()).join()).not.toContain("Speaks French only");
});

long("handed over with a note, resolved, opened again by undo", async ({ world }) => {
  const aitor = world.customer("Aitor Zubia");
  await aitor.says("Me lo pienso y os digo");
  const [ana, ben] = [await world.desk("Ana"), await world.desk("Ben")];
  const id = await open(ana, aitor.name);
  await ana.getByTestId("claim").click();
  await expect(ana.getByTestId("owner-chip")).toContainText("You");
  await ana.getByTestId("hand-over").click();
  await ana.getByTestId(`hand-to-${world.login("Ben").agent_id}`).click();
  await ana.getByLabel("Note for whoever gets it").fill("Wants the blue one");
  await ana.getByTestId("handover-go").click();
  await expect(ana.getByTestId("owner-chip")).toContainText("Ben");
  await ben.goto(`/c/${id}`);
  await expect(ben.getByRole("note")).toContainText("Wants the blue one");
  await ben.getByTestId("resolve").click();
  await expect(ben.getByTestId("reopen")).toBeVisible();
  await ben.getByTestId("toast-undo").click();
  await expect(ben.getByTestId("resolve")).toBeVisible();
});

test("what a customer writes is text, whatever it looks like", async ({ world }) => {
  const mallory = world.customer('<img src=x onerror="document.title=1">');
  const payloads = [
    "<script>document.title='hit'</script>",
    '"><svg onload=alert(1)>',
    "javascript:alert(1)",
    "\u202egnp.exe",
    "{{7*7}} ${7*7}",
    "x".repeat(4096),
  ];
  for (const text of payloads) await mallory.says(text);
  const ana = await world.desk("Ana");
  await open(ana, mallory.name);
  for (const [n, text] of payloads.entries()) {
    await expect(ana.getByTestId(`line-${n + 1}`).locator(".pre")).toHaveText(text);
  }
  await expect(ana).not.toHaveTitle(/hit/);
  expect(await ana.locator("img, iframe, object, [onerror], [onload]").count()).toBe(0);
  const overflow = await ana.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
});

long("signing out wipes what this browser kept, and the way back is shut", async ({ world }) => {
  const page = await world.stranger();
  await page.goto("/");
  await signIn(page, world.login("Chloe"));
  const rosa = world.customer("Rosa Vidal");
  await rosa.says("Hola");
  const id = await open(page, rosa.name);
  await page.getByTestId("composer-text").fill("a secret draft");
  await expect.poll(() => kept(page)).toContain("secret draft");
  await page.getByTestId("rail-me").click();
  await page.getByTestId("sign-out").click();
  await expect(page).toHaveURL(/sign-in/);
  expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain("secret");
  expect(await kept(page)).not.toContain("secret");
  await page.goto(`/c/${id}`);
  await expect(page).toHaveURL(/sign-in/);
  expect(await page.evaluate(async () => (await fetch("/api/v1/me")).status)).toBe(401);
});

test("a device that was revoked is signed out and wiped at once", async ({ world }) => {
  const [here, there] = [await world.stranger(), await world.stranger()];
  for (const page of [here, there]) {
    await page.goto("/");
    await signIn(page, world.login("Chloe"));
    await expect(page.getByTestId("rail-me")).toBeVisible();
  }
  const device = await here.evaluate(
    () => JSON.parse(localStorage.getItem("baton.session") ?? "{}").device_id as string,
  );
  await here.evaluate(() => localStorage.setItem("baton.theme", "dark"));
  const status = await there.evaluate(
    async (id) => (await fetch(`/api/v1/sessions/${id}`, { method: "DELETE" })).status,
    device,
  );
  expect(status).toBe(204);
  await expect(here).toHaveURL(/sign-in/);
  await expect(here.getByRole("status")).toContainText("signed out by somebody else");
});

long(
  "a session that ended asks to sign in over the page, and the draft is still there",
  async ({ world }) => {
    const page = await world.stranger();
    await page.goto("/");
    await signIn(page, world.login("Chloe"));
    const nora = world.customer("Nora Blum");
    await nora.says("Kann ich das zurückgeben?");
    await open(page, nora.name);
    await page.getByTestId("composer-text").fill("Ja, bis Freitag");
    await page.context().clearCookies();
    world.cut(page);
    const again = page.getByRole("alertdialog");
    await expect(again).toContainText("Your session ended");
    await again.getByTestId("sign-email").fill(world.login("Chloe").email);
    await again.getByTestId("sign-password").fill(world.login("Chloe").password);
    await again.getByTestId("sign-go").click();
    await expect(again).toBeHidden();
    await expect(page.getByTestId("composer-text")).toHaveValue("Ja, bis Freitag");
    await page.getByTestId("send").click();
    await expect(page.getByTestId("line-2")).toContainText("bis Freitag");
  },
);

test("who has no right to take it sees no button for it, and the server says no", async ({
  world,
}) => {
  const iker = world.customer("Iker Sanz");
  await iker.says("¿Tenéis cámaras de 29?");
  const [ana, ben] = [await world.desk("Ana"), await world.desk("Ben")];
  const sofia = await world.desk("Sofia");
  const id = await open(ana, iker.name);
  await ana.getByTestId("claim").click();
  await expect(ana.getByTestId("owner-chip")).toContainText("You");
  await open(ben, iker.name);
  await expect(ben.getByTestId("owner-chip")).toContainText("Ana");
  await expect(ben.getByTestId("claim")).toHaveCount(0);
  // A supervisor may.
  await open(sofia, iker.name);
  await expect(sofia.getByTestId("claim")).toBeVisible();
  const status = await ben.evaluate(
    async (team) => {
      const body = JSON.stringify({ visibility: "head" });
      const headers = { "content-type": "application/json" };
      const change = { method: "PATCH", headers, body };
      return (await fetch(`/api/v1/teams/${team}`, change)).status;
    },
    await ben.evaluate(async (one) => {
      const answer = await fetch(`/api/v1/conversations/${one}`);
      return ((await answer.json()) as { view: { head: { team_id: string } } }).view.head.team_id;
    }, id),
  );
  expect(status).toBe(403);
});

test("a node that is killed costs no draft, and the page comes back by itself", async ({
  world,
}) => {
  const node = await Node.start({ number: true });
  try {
    await node.customerSays("Olga Ruiz", "¿Llega hoy mi pedido?");
    const page = await world.stranger({ baseURL: node.url });
    await page.goto(`${node.url}/`);
    const login = { workspace: "shop", email: "ines@shop.example", password: PASSWORD };
    await signIn(page, login);
    await open(page, "Olga Ruiz");
    await page.getByTestId("composer-text").fill("Sí, antes de las");
    await node.kill();
    await expect(page.getByTestId("banner-offline")).toBeVisible();
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await page.getByTestId("composer-text").fill("Sí, antes de las cinco.");
    await page.getByTestId("send").click();
    await expect(page.getByTestId("outbox")).toContainText("1 waiting");
    await node.up();
    await expect(page.getByTestId("banner-offline")).toBeHidden();
    await expect(page.getByTestId("line-2")).toContainText("antes de las cinco");
    await node.customerSays("Olga Ruiz", "¡Gracias!");
    await expect(page.getByTestId("line-3")).toContainText("Gracias");
  } finally {
    await node.end();
  }
});

long("the page opens without its server, with the draft that was begun", async ({ world }) => {
  const node = await Node.start({ number: true });
  try {
    await node.customerSays("Olga Ruiz", "¿Llega hoy mi pedido?");
    const page = await world.stranger({ baseURL: node.url, serviceWorkers: "allow" });
    await page.goto(`${node.url}/`);
    await signIn(page, { workspace: "shop", email: "ines@shop.example", password: PASSWORD });
    await open(page, "Olga Ruiz");
    await page.evaluate(async () => void (await navigator.serviceWorker.ready));
    await page.getByTestId("composer-text").fill("Sí, antes de las");
    await expect.poll(() => kept(page)).toContain("Olga Ruiz");
    await expect.poll(() => kept(page)).toContain("Sí, antes de las");
    await node.kill();
    await page.reload();
    // The list, the conversation and the draft, as they were.
    await expect(page.getByTestId("banner-offline")).toBeVisible();
    await expect(page.getByTestId("list")).toContainText("Olga Ruiz");
    await expect(page.getByTestId("line-1")).toContainText("¿Llega hoy mi pedido?");
    await expect(page.getByTestId("composer-text")).toHaveValue("Sí, antes de las");
    await node.up();
    await expect(page.getByTestId("composer-text")).toHaveValue("Sí, antes de las");
  } finally {
    await node.end();
  }
});

long(
  "the worker answers for the console's pages, and for nothing that is the server's",
  async ({ world }) => {
    const page = await world.desk("Ana", { serviceWorkers: "allow" });
    await page.evaluate(async () => void (await navigator.serviceWorker.ready));
    const isOfWorker = async (at: string) => (await page.goto(at))?.fromServiceWorker();
    expect(await isOfWorker("/inbox/open")).toBe(true);
    // A file that is opened in a tab takes its time.
    expect(await isOfWorker("/api/v1/openapi.json")).toBe(false);
  },
);
