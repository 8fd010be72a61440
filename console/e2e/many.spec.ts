// More conversations than are read as rows: heads first, names as they come into sight.
import { Node, PASSWORD } from "./node.ts";
import { expect, signIn, test } from "./world.ts";

const COUNT = 2_100;
const said = (count: number) => count.toLocaleString("en-GB");

test("two thousand conversations are counted, listed and moved by what is new", async ({
  world,
}) => {
  const node = await Node.start({ number: true });
  try {
    const customer = (n: number) => ({
      name: `Customer ${n}`,
      from: String(34_700_000_000 + n),
      text: `Hola ${n}`,
    });
    for (let from = 0; from < COUNT; from += 100) {
      await node.customersSay(Array.from({ length: 100 }, (_, n) => customer(from + n)));
    }
    const page = await world.stranger({ baseURL: node.url });
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await page.goto(`${node.url}/`);
    await signIn(page, { workspace: "shop", email: "ines@shop.example", password: PASSWORD });
    await page.goto(`${node.url}/inbox/open`);
    const list = page.getByTestId("list");
    await expect(list).toHaveAttribute("aria-busy", "false");
    await expect(page.getByTestId("view-count-open")).toHaveText(said(COUNT));
    await expect(list.getByRole("article").first()).toHaveAttribute("aria-setsize", String(COUNT));
    expect(asked).toContain("/api/v1/heads");

    // Names come where one looks, and nowhere else.
    await expect(list.getByRole("article").first()).toContainText("Hola");
    await list.evaluate((one) => (one.scrollTop = one.scrollHeight / 2));
    await expect(list.getByRole("article").nth(8)).toContainText(/Customer \d+/);
    await expect(list.getByRole("article").nth(8)).toContainText("Hola");
    expect(asked.filter((path) => path === "/api/v1/conversations").length).toBeLessThan(12);

    // One that nobody looked at yet: its customer writes, it is read and stands where it belongs.
    await list.evaluate((one) => (one.scrollTop = one.scrollHeight));
    const last = list.locator(`article[aria-posinset="${COUNT}"]`);
    await expect(last).toContainText("Hola");
    await last.getByRole("link").click();
    await expect(page.getByTestId("timeline")).toContainText("Hola");
    await page.getByTestId("composer-text").fill("Ya está listo.");
    await page.getByTestId("composer-text").press("Control+Enter");
    await expect(page.getByTestId("timeline")).toContainText("Ya está listo.");
    await expect(page.getByTestId("view-count-open")).toHaveText(said(COUNT));

    // What is looked for has its name, though the list holds no rows of it; the board counts all.
    await page.goto(`${node.url}/search?q=Customer+198`);
    const hits = page.getByTestId("hits");
    await expect(hits.getByRole("article")).not.toHaveCount(0);
    await expect(hits.getByRole("article").first()).toContainText("Customer 198");
    await expect(hits).not.toContainText("…");
    await page.goto(`${node.url}/board`);
    await expect(page.getByTestId("kpi-open")).toContainText(said(COUNT));
    await page.goto(`${node.url}/inbox/open`);
    await expect(list).toHaveAttribute("aria-busy", "false");
    await expect(page.getByTestId("view-count-open")).toHaveText(said(COUNT));

    // Several at once, most of them never seen: they are read before anything is decided.
    await list.evaluate((one) => (one.scrollTop = 0));
    await list.locator("[data-row]").first().focus();
    await page.keyboard.press("Control+a");
    await page.getByTestId("action-resolve").click();
    await expect(page.getByTestId("toast")).toContainText("500 resolved");
    await expect(page.getByTestId("view-count-open")).toHaveText(said(COUNT - 500));
  } finally {
    await node.end();
  }
});
