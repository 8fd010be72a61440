// What is bad in what comes in: each leaves the page whole, and says what is wrong.
import { fileName } from "../src/inbox/shown.ts";
import { guard, isHarmless } from "./harm.ts";
import { PAYLOADS } from "./payloads.ts";
import { expect, long, open, reveal, test } from "./world.ts";

test("two hundred hostile names, texts, captions and file names stay text", async ({ world }) => {
  expect(new Set(PAYLOADS).size).toBe(200);
  const [names, texts, captions, files] = [0, 50, 100, 150].map((n) => PAYLOADS.slice(n, n + 50));
  const [image, document] = ["image", "document"].map((type) => ({ kind: "media", type }));
  const mallory = world.customer("Mallory Mal");
  for (const body of texts ?? []) await mallory.says(body);
  for (const caption of captions ?? []) await mallory.sends({ ...image, caption });
  for (const filename of files ?? []) await mallory.sends({ ...document, filename });
  for (const name of names ?? []) await world.customer(name).says(name);

  const ana = await world.desk("Ana");
  const seen = guard(ana);
  // Each line as it was written, whole.
  await open(ana, mallory.name);
  await expect(ana.getByTestId("line-150")).toBeVisible();
  const older = ana.getByRole("button", { name: "Load older messages" });
  while ((await older.count()) > 0) {
    await older.click();
    await expect(ana.getByTestId("timeline")).toHaveAttribute("aria-busy", "false");
  }
  const lines = await ana.locator("[data-testid^='line-'] :is(.pre, .named bdi)").allTextContents();
  // A file is named without folders; one of folders alone has no name.
  const named = (files ?? []).flatMap((file) => fileName(file) ?? []);
  const told = [...(texts ?? []), ...(captions ?? []), ...named];
  expect(named.length).toBeGreaterThan(45);
  expect(lines).toHaveLength(told.length);
  for (const [n, body] of told.entries()) expect(lines[n]).toContain(body);
  await isHarmless(ana);
  // A colleague's own words, too.
  await ana.getByTestId("composer-mode-note").click();
  await ana.getByTestId("composer-text").fill(PAYLOADS.slice(0, 20).join("\n"));
  await ana.getByTestId("send").click();
  await expect(ana.getByRole("note")).toContainText(PAYLOADS[0] ?? "");
  await isHarmless(ana);
  // The list from head to end, one of its conversations, and a search.
  await ana.goto("/inbox/open");
  const list = ana.getByTestId("list");
  await expect(list.locator("article").first()).toBeVisible();
  const ends = () =>
    list.evaluate((one) => one.scrollTop + one.clientHeight >= one.scrollHeight - 1);
  for (;;) {
    await isHarmless(ana);
    if (await ends()) break;
    await list.evaluate((one) => {
      one.scrollTop += one.clientHeight;
    });
  }
  await list.locator("article").last().click();
  await expect(ana.getByTestId("timeline")).toBeVisible();
  await isHarmless(ana);
  await ana.goto("/search?q=onerror");
  await expect(ana.getByTestId("hits")).toContainText("onerror");
  await isHarmless(ana);
  const sofia = await world.desk("Sofia", { at: "/board" });
  const seenThere = guard(sofia);
  await expect(sofia.getByTestId("queue")).toContainText("Mallory Mal");
  await isHarmless(sofia);
  expect([...seen, ...seenThere]).toEqual([]);
});

long("whoever looks at the desk is not told by a push what is on it", async ({ world }) => {
  const phone = await world.phone("Ana");
  const [elsa, ugo] = [world.customer("Elsa Brandt"), world.customer("Ugo Neri")];
  await elsa.says("Guten Tag");
  await ugo.says("Buongiorno");
  const ana = await world.desk("Ana");
  for (const { name } of [elsa, ugo]) {
    await open(ana, name);
    await ana.getByTestId("claim").click();
    await expect(ana.getByTestId("owner-chip")).toContainText("You");
  }
  // She looks at Ugo's conversation, and sees Elsa's line in the list.
  await elsa.says("Sind Sie noch da?");
  await expect(ana.getByTestId("list")).toContainText("Sind Sie noch da?");
  const told = world.told(ana);
  const heard = () => world.acks(ana).some(({ upto, foreground }) => foreground && upto >= told);
  await expect.poll(heard).toBe(true);
  // She turns to another window, and Ugo's conversation stays on the screen.
  await ana.evaluate(() => {
    document.hasFocus = () => false;
    window.dispatchEvent(new Event("blur"));
  });
  await expect.poll(() => world.acks(ana).at(-1)?.foreground).toBe(false);
  await ugo.says("C'è qualcuno?");
  // What she did not see is pushed; what she saw would have been before it.
  const pushed = async () => {
    const all = await phone.pushes();
    return all.filter((push) => push["k"] === "message").map((push) => push["c"]);
  };
  await expect.poll(pushed).not.toEqual([]);
  expect(await pushed()).toEqual([ana.url().split("/").at(-1)]);
});

long("a clock that is an hour off changes no age and no window", async ({ world }) => {
  const nils = world.customer("Nils Aas");
  const ana = await world.stranger({ storageState: await world.session("Ana") });
  await ana.addInitScript(() => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + 3_600_000;
  });
  await ana.goto("/inbox/open");
  await nils.says("Hei, er dere åpne?");
  await open(ana, nils.name);
  await expect(ana.getByTestId("window-ring")).toContainText(/(24 hr|23 hr 5\d min) left/);
  await ana.getByTestId("composer-text").fill("Ja, til klokka fem.");
  await ana.getByTestId("send").click();
  await expect(ana.getByTestId("line-2").getByTestId("line-status")).toHaveAttribute(
    "data-status",
    /sent|delivered|read/,
  );
});

long("a browser that keeps nothing says so, and everything else works", async ({ world }) => {
  const otto = world.customer("Otto Lind");
  await otto.says("Hej");
  const page = await world.stranger();
  await page.addInitScript(() => {
    const deny = () => {
      throw new DOMException("denied", "SecurityError");
    };
    Object.defineProperty(window, "localStorage", { get: deny });
    IDBFactory.prototype.open = deny;
  });
  await page.goto("/");
  const { workspace, email, password } = world.login("Ana");
  await page.getByTestId("sign-workspace").fill(workspace);
  await page.getByTestId("sign-email").fill(email);
  await page.getByTestId("sign-password").fill(password);
  await page.getByTestId("sign-go").click();
  await expect(page.getByTestId("rail-me")).toBeVisible();
  await page.getByTestId("view-open").click();
  await (await reveal(page, otto.name)).click();
  await page.getByTestId("composer-text").fill("Hej Otto");
  await expect(page.getByText("Draft not saved")).toBeVisible();
  await page.getByTestId("send").click();
  await expect(page.getByTestId("line-2")).toContainText("Hej Otto");
});

test("two tabs of one browser show the same, and one signs both out", async ({ world }) => {
  const page = await world.stranger({ storageState: await world.session("Ben") });
  const iris = world.customer("Iris Holt");
  await iris.says("Is my order in?");
  await page.goto("/inbox/open");
  const id = await open(page, iris.name);
  const other = await page.context().newPage();
  await other.goto(`/c/${id}`);
  await page.getByTestId("composer-text").fill("It came this morning.");
  await page.getByTestId("send").click();
  await expect(other.getByTestId("line-2")).toContainText("It came this morning.");
  await page.getByTestId("rail-me").click();
  await page.getByTestId("sign-out").click();
  await expect(page).toHaveURL(/sign-in/);
  await expect(other).toHaveURL(/sign-in/);
});

long("another site gets nothing from a browser that is signed in", async ({ world }) => {
  const page = await world.desk("Ana");
  const { cookies } = await page.context().storageState();
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  const ask = (origin: string) =>
    fetch(`${world.facts.server_url}/api/v1/socket-tickets`, {
      method: "POST",
      headers: { cookie, origin },
    });
  expect((await ask("https://evil.example")).status).toBe(403);
  expect((await ask(world.facts.server_url)).status).toBeLessThan(300);
});

test("a word that is typed outside of a text field changes nothing; a letter by itself does", async ({
  world,
}) => {
  await world.customer("Wendy Ward").says("Is it open?");
  const ana = await world.desk("Ana");
  await open(ana, "Wendy Ward");
  await ana.getByTestId("timeline").click();
  await ana.keyboard.type("we will", { delay: 60 });
  const resolve = ana.getByRole("button", { name: "Resolve", exact: true });
  await expect(resolve).toBeVisible();
  await expect(ana.getByTestId("toast")).toHaveCount(0);
  // By itself: the word is a moment ago.
  await expect(async () => {
    await ana.keyboard.press("e");
    await expect(ana.getByTestId("toast-undo")).toBeVisible({ timeout: 2_000 });
  }).toPass();
  await expect(resolve).toHaveCount(0);
});

test("what is typed right after a conversation was opened is its answer, and commands nothing", async ({
  world,
}) => {
  await world.customer("Wendy Ward").says("Is it open?");
  const ana = await world.desk("Ana", { at: "/inbox/open" });
  await (await reveal(ana, "Wendy Ward")).click();
  await ana.keyboard.type("sure, we are", { delay: 20 });
  const text = ana.getByTestId("composer-text");
  await expect(text).toHaveValue("sure, we are");
  await expect(text).toBeFocused();
  await expect(ana.getByRole("menu")).toHaveCount(0);
  await expect(ana.getByTestId("toast")).toHaveCount(0);
});

long("what puts a conversation aside has a way back", async ({ world }) => {
  await world.customer("Wendy Ward").says("Is it open?");
  const ana = await world.desk("Ana");
  await open(ana, "Wendy Ward");
  const status = ana.locator("dl.kv");
  await ana.getByTestId("claim").click();
  await ana.getByTestId("snooze").click();
  await ana.getByRole("menuitem").first().click();
  await expect(ana.getByTestId("toast")).toContainText("Snoozed until");
  await expect(status.first()).not.toContainText("Open");
  await ana.getByTestId("toast-undo").click();
  await expect(status.first()).toContainText("Open");
  await ana.getByTestId("more").click();
  await ana.getByTestId("more-waiting").click();
  await expect(status.first()).not.toContainText("Open");
  await ana.getByTestId("toast-undo").click();
  await expect(status.first()).toContainText("Open");
  await ana.getByTestId("resolve").click();
  await expect(ana.getByTestId("reopen")).toBeVisible();
  await ana.getByTestId("toast-undo").click();
  await expect(ana.getByTestId("owner-chip").first()).toContainText("You");
});
