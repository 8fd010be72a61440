// A program of the team's own reads what was said: its label becomes a tag, and what it suggests
// stands in the composer until an agent sends it.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "@playwright/test";
import { expect, long, open } from "./world.ts";

const ANSWER = "It leaves the house today.";

/** A program that knows parcels. */
async function assistant() {
  const server = createServer((asked, answer) => {
    let text = "";
    asked.on("data", (part: Buffer) => (text += part.toString()));
    asked.on("end", () => {
      const { task } = JSON.parse(text) as { task?: string };
      const labels = ["parcels"];
      answer.end(
        JSON.stringify(
          task === undefined ? { rows: [] } : task === "suggest" ? { text: ANSWER } : { labels },
        ),
      );
    });
  });
  await new Promise<void>((listens) => server.listen(0, "127.0.0.1", listens));
  return {
    at: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    end: () => server.close(),
  };
}

async function make(page: Page) {
  await page.getByTestId("setting-make").click();
  await expect(page.getByTestId("setting-version")).toContainText("1");
}

long(
  "a label becomes a tag, and an agent reads a suggestion before it is sent",
  async ({ world }) => {
    const { at, end } = await assistant();
    const admin = await world.desk("Admin", { at: "/settings/tags/new" });
    await admin.getByTestId("field-name").fill("Delivery");
    await make(admin);
    await admin.goto("/settings/context-sources/new");
    await admin.getByTestId("field-name").fill("Assistant");
    await admin.getByTestId("field-url").fill(at);
    await admin.getByTestId("field-suggests").getByRole("switch").check();
    await admin.getByTestId("add-labels").click();
    await admin.getByTestId("field-labels.label").fill("parcels");
    await admin.getByTestId("field-labels.tag").selectOption({ label: "Delivery" });
    await admin.getByTestId("field-enabled").getByRole("switch").check();
    await make(admin);
    await admin.getByTestId("secret-make").click();
    await expect(admin.getByTestId("secret-new")).toContainText("whsec_");
    const source = admin.url();
    await admin.goto("/settings/rules/new");
    await admin.getByTestId("field-name").fill("Topics");
    await admin.getByTestId("field-enabled").getByRole("switch").check();
    await admin.getByTestId("field-when").selectOption("message");
    await admin.getByTestId("add-then-classify").click();
    await admin.getByTestId("field-then.classify.source").selectOption({ label: "Assistant" });
    await make(admin);
    const lucia = world.customer("Lucía Vera");
    await lucia.says("Where is it?");
    const ana = await world.desk("Ana");
    await open(ana, lucia.name);
    const timeline = ana.getByTestId("timeline");
    await expect(timeline).toContainText("“Topics”: asked a source for labels");
    await expect(ana.getByRole("main")).toContainText("Delivery");
    const text = ana.getByTestId("composer-text");
    await ana.getByTestId("suggest").click();
    await expect(text).toHaveValue(ANSWER);
    await expect(ana.getByTestId("suggest-said")).toContainText("Read it before you send it");
    await expect(timeline).not.toContainText(ANSWER);
    await ana.getByTestId("send").click();
    await expect(timeline).toContainText(ANSWER);
    end();
    await expect(text).toHaveValue("");
    await ana.getByTestId("suggest").click();
    await expect(ana.getByTestId("suggest-said")).toContainText("cannot be reached");
    await expect(text).toHaveValue("");
    // A day may have an end.
    await admin.goto(source);
    await admin.getByTestId("field-per_day").fill("1");
    await admin.getByTestId("field-per_day").blur();
    await expect(admin.getByTestId("setting-version")).toContainText("3");
    await ana.getByTestId("suggest").click();
    await expect(ana.getByTestId("suggest")).toBeEnabled();
    await ana.getByTestId("suggest").click();
    await expect(ana.getByTestId("suggest-said")).toContainText("as often as it may be today");
  },
);
