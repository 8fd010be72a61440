// A program of the team's own is asked about a customer, and the card says what it knows.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, long, open } from "./world.ts";

const ORDER = "https://shop.example/orders/4711";

/** A shop that knows one order of everybody, and a help desk that is down. */
async function programs() {
  const row = { label: "Last order", value: "4711", link: ORDER };
  const server = createServer((asked, answer) => {
    asked.resume();
    answer.statusCode = asked.url === "/shop" ? 200 : 503;
    answer.end(JSON.stringify({ title: "Orders", rows: [row] }));
  });
  await new Promise<void>((listens) => server.listen(0, "127.0.0.1", listens));
  return {
    at: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    end: () => server.close(),
  };
}

long(
  "the card shows what the shop knows, and that the help desk does not answer",
  async ({ world }) => {
    const { at, end } = await programs();
    const admin = await world.desk("Admin");
    for (const [name, path] of [
      ["The shop", "shop"],
      ["Help desk", "help"],
    ] as const) {
      await admin.goto("/settings/context-sources/new");
      await admin.getByTestId("field-name").fill(name);
      await admin.getByTestId("field-url").fill(`${at}/${path}`);
      await admin.getByTestId("field-enabled").getByRole("switch").check();
      await admin.getByTestId("setting-make").click();
      await expect(admin.getByTestId("setting-version")).toContainText("1");
      await admin.getByTestId("secret-make").click();
      await expect(admin.getByTestId("secret-new")).toContainText("whsec_");
    }
    const customer = world.customer("Lucía Vera");
    await customer.says("Where is my order?");
    const ana = await world.desk("Ana");
    await open(ana, customer.name);
    const source = (name: string) => ana.getByTestId("card-context").filter({ hasText: name });
    await expect(source("The shop")).toContainText("Orders");
    await expect(source("The shop").getByRole("link", { name: "4711" })).toHaveAttribute(
      "href",
      ORDER,
    );
    await expect(source("Help desk")).toContainText("Not available");
    // What was said a moment ago is not asked for again, and stays when the page is loaded anew.
    end();
    await ana.reload();
    await expect(source("The shop")).toContainText("Last order");
  },
);
