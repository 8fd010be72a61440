// What came and fits nowhere: an admin sees it as text, takes it in or lets it go.
import { guard, isHarmless } from "./harm.ts";
import { Node, PASSWORD } from "./node.ts";
import { PAYLOADS } from "./payloads.ts";
import { expect, signIn, test } from "./world.ts";

const OTHER = "106540352242777";

test("messages to a number that is not connected wait, and are taken in once it is", async ({
  world,
}) => {
  const node = await Node.start({ number: true });
  try {
    const hostile = PAYLOADS.slice(0, 3);
    for (const text of hostile) await node.customerSays(`Olga ${text}`, text, OTHER);
    const page = await world.stranger({ baseURL: node.url });
    await page.goto(`${node.url}/`);
    await signIn(page, { workspace: "shop", email: "ines@shop.example", password: PASSWORD });
    await page.goto(`${node.url}/settings/quarantine`);
    const seen = guard(page);
    const rows = page.getByTestId("quarantine-group").getByRole("listitem");
    await expect(rows).toHaveCount(3);
    for (const row of await rows.all()) await row.getByText("What came").click();
    const raw = (await page.getByTestId("quarantine-raw").allTextContents()).join();
    for (const text of hostile) expect(raw).toContain(JSON.stringify(text).slice(1, -1));
    await isHarmless(page);

    // It still belongs to no number: nothing changes, and the row says why.
    await rows.first().getByTestId("replay").click();
    await expect(rows.first().getByRole("alert")).toContainText("It still fits nowhere");
    await rows.first().getByTestId("dismiss").click();
    await page.getByTestId("quarantine-go").click();
    await expect(rows).toHaveCount(2);
    // The number is connected by now.
    node.channel("Workshop", OTHER);
    await page.getByTestId("replay-all").click();
    await page.getByTestId("quarantine-go").click();
    await expect(page.getByTestId("toast")).toContainText("2 taken in");
    await expect(page.getByTestId("quarantine-empty")).toContainText("Nothing waits");
    await page.getByTestId("quarantine-all").check();
    await expect(rows).toHaveCount(3);
    await page.getByTestId("rail-inbox").click();
    await page.getByTestId("view-open").click();
    await expect(page.getByTestId("list").getByRole("article")).toHaveCount(1);
    await isHarmless(page);
    expect(seen).toEqual([]);
  } finally {
    await node.end();
  }
});
