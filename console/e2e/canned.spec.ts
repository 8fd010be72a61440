// Canned replies: typed by their shortcut, filled in, and never sent with a blank left.
import type { Page } from "@playwright/test";
import { opId } from "../src/live/outbox.ts";
import { setting } from "./seeded.ts";
import { expect, long, open } from "./world.ts";

/** As the form of the settings does it. */
async function write(page: Page, body: object) {
  const id = opId(Date.now(), crypto.getRandomValues(new Uint8Array(16)));
  const answer = await page.request.put(`/api/v1/canned-replies/${id}`, {
    headers: { "if-none-match": "*", origin: new URL(page.url()).origin },
    data: { home: { kind: "workspace" }, body },
  });
  expect(answer.status(), await answer.text()).toBeLessThan(300);
}

const SHIPPING = {
  shortcut: "envio",
  title: "On its way",
  text: "Hi {{customer.first_name|there}}, order {{ask:Order number}} left with {{ask:Carrier}}.",
  languages: { es: "Hola {{customer.first_name}}: el pedido {{ask:Pedido}} ha salido." },
};

long(
  "a canned reply is found by a slash, its blanks are walked, and it leaves without one",
  async ({ world }) => {
    const lucia = world.customer("Lucía Vera");
    await lucia.says("Where is my order?");
    const admin = await world.desk("Admin");
    await write(admin, SHIPPING);
    await write(admin, {
      shortcut: "hours",
      title: "When we are there",
      text: "From 9 to 5.",
      notes: true,
    });
    const ana = await world.desk("Ana");
    await open(ana, lucia.name);
    const text = ana.getByTestId("composer-text");
    await text.click();
    await ana.keyboard.type("Dear customer, /ENV");
    await expect(ana.getByTestId("canned-envio")).toHaveAttribute("aria-selected", "true");
    await expect(ana.getByTestId("canned-hours")).toHaveCount(0);
    await expect(ana.getByTestId("canned-preview")).toContainText("Hi Lucía, order ⟦Order number⟧");
    // What was typed to find it does not leave.
    await expect(ana.getByTestId("send")).toBeDisabled();
    await ana.keyboard.press("Enter");
    await expect(text).toHaveValue(
      "Dear customer, Hi Lucía, order ⟦Order number⟧ left with ⟦Carrier⟧.",
    );
    await expect(ana.getByTestId("blanks")).toContainText("2 blanks are left: Order number");
    await expect(ana.getByTestId("blank")).toHaveCount(2);
    // It looks as shut as it is, says why, and leads there.
    const send = ana.getByTestId("send");
    const ground = () => send.evaluate((button) => getComputedStyle(button).backgroundColor);
    const shut = await send.evaluate((button: HTMLButtonElement) => {
      const twin = button.cloneNode(true) as HTMLButtonElement;
      twin.removeAttribute("aria-disabled");
      twin.disabled = true;
      button.after(twin);
      const { backgroundColor } = getComputedStyle(twin);
      twin.remove();
      return backgroundColor;
    });
    await expect.poll(ground).toBe(shut);
    await expect(send).toHaveAttribute("title", /2 blanks are left: Order number/);
    await send.click({ force: true });
    await expect(ana.getByTestId("line-2")).toHaveCount(0);
    await expect(text).toBeFocused();

    // The first blank is marked: typing takes its place.
    await ana.keyboard.type("4711");
    await ana.keyboard.press("Home");
    await ana.keyboard.press("ControlOrMeta+Enter");
    await expect(ana.getByTestId("line-2")).toHaveCount(0);
    await ana.keyboard.press("Home");
    await ana.keyboard.press("Tab");
    await ana.keyboard.type("Correos");
    await expect(ana.getByTestId("blanks")).toHaveCount(0);
    await ana.keyboard.press("ControlOrMeta+Enter");
    await expect(ana.getByTestId("line-2")).toContainText(
      "Dear customer, Hi Lucía, order 4711 left with Correos.",
    );
    await expect.poll(async () => (await world.reached()).join()).toContain("left with Correos");
    expect((await world.reached()).join()).not.toContain("⟦");
  },
);

long(
  "a draft keeps its blanks, languages are turned by Tab, and notes have their own",
  async ({ world }) => {
    const lucia = world.customer("Lucía Vera");
    await lucia.says("¿Dónde está?");
    const admin = await world.desk("Admin");
    await write(admin, SHIPPING);
    const ana = await world.desk("Ana");
    await open(ana, lucia.name);
    const text = ana.getByTestId("composer-text");
    await text.click();
    await ana.keyboard.type("/way");
    await expect(ana.getByTestId("canned-envio")).toBeVisible();
    // Made while it is looked for: it is offered without a reload.
    await write(admin, { shortcut: "wayout", title: "Way out", text: "Bye", notes: true });
    await expect(ana.getByTestId("canned-wayout")).toHaveAttribute("aria-selected", "true");
    await ana.keyboard.press("ArrowDown");
    await ana.keyboard.press("Tab");
    await expect(ana.getByTestId("canned-preview")).toContainText("Hola Lucía");
    await ana.keyboard.press("Enter");
    await expect(text).toHaveValue("Hola Lucía: el pedido ⟦Pedido⟧ ha salido.");
    await expect(ana.getByTestId("canned-picker")).toHaveCount(0);
    await ana.reload();
    await expect(text).toHaveValue(/⟦Pedido⟧/);
    await expect(ana.getByTestId("blanks")).toContainText("Pedido");
    await ana.getByTestId("send").click({ force: true });
    await expect(ana.getByTestId("line-2")).toHaveCount(0);

    await text.fill("");
    await ana.getByTestId("composer-mode-note").click();
    await ana.keyboard.type("/");
    await expect(ana.getByTestId("canned-wayout")).toBeVisible();
    await expect(ana.getByTestId("canned-envio")).toHaveCount(0);
    // Closed, what was typed is a text.
    await ana.keyboard.press("Escape");
    await expect(ana.getByTestId("canned-picker")).toHaveCount(0);
    await ana.keyboard.type("nothing");
    await expect(ana.getByTestId("send")).toBeEnabled();
    await expect(ana.getByTestId("canned-picker")).toHaveCount(0);
  },
);

long(
  "what is done after a canned reply follows it, can be left out, and uses are counted",
  async ({ world }) => {
    const lucia = world.customer("Lucía Vera");
    await lucia.says("Where is my order?");
    const admin = await world.desk("Admin");
    const tag = await setting(admin, "tags", { name: "Order" });
    const id = await setting(admin, "canned-replies", {
      shortcut: "sent",
      title: "Sent",
      text: "It is on its way.",
      then: [{ do: "tag", tag }, { do: "snooze", minutes: 90 }, { do: "resolve" }],
    });
    const never = await setting(admin, "canned-replies", {
      shortcut: "never",
      title: "Never",
      text: "Never",
    });
    const ana = await world.desk("Ana");
    await open(ana, lucia.name);
    const text = ana.getByTestId("composer-text");
    await text.fill("/sent");
    await text.press("Enter");
    await expect(ana.getByTestId("canned-then")).toContainText("tag Order");
    await expect(ana.getByTestId("canned-then")).toContainText("resolve");
    await ana.getByRole("button", { name: /Leave out: snooze/ }).click();
    await expect(ana.getByTestId("canned-then")).not.toContainText("snooze");
    await text.press("ControlOrMeta+Enter");
    await expect(ana.getByTestId(`tag-${tag}`).first()).toBeVisible();
    await expect(ana.getByTestId("timeline")).toContainText("It is on its way.");
    await expect(ana.getByTestId("canned-then")).toHaveCount(0);
    await admin.goto("/settings/canned-replies");
    await expect(admin.getByTestId(`uses-${id}`)).toHaveText("once");
    await expect(admin.getByTestId(`uses-${never}`)).toHaveText("never used");
  },
);

long(
  "buttons of a canned reply go with its text, and a file where one asks for it",
  async ({ world }) => {
    const lucia = world.customer("Lucía Vera");
    await lucia.says("Shall I come?");
    const admin = await world.desk("Admin");
    await write(admin, {
      shortcut: "agree",
      title: "Agree",
      text: "Tomorrow at ten?",
      buttons: ["Yes", "Later"],
    });
    const file = { link: "https://shop.example/prices.pdf", kind: "document", name: "Prices.pdf" };
    await write(admin, { shortcut: "prices", title: "Prices", text: "Our prices", file });
    const ana = await world.desk("Ana");
    await open(ana, lucia.name);
    const text = ana.getByTestId("composer-text");
    await text.click();
    await ana.keyboard.type("/agree");
    await expect(ana.getByTestId("canned-picker").getByTestId("canned-with")).toContainText(
      "Later",
    );
    await ana.keyboard.press("Enter");
    await expect(ana.getByTestId("composer").getByTestId("canned-with")).toContainText("Yes");
    await ana.keyboard.press("ControlOrMeta+Enter");
    await expect(ana.getByTestId("line-2")).toContainText("Later");
    await expect(ana.getByTestId("canned-with")).toHaveCount(0);
    // Left out, the text goes alone.
    await ana.keyboard.type("/agree");
    await ana.keyboard.press("Enter");
    await ana.getByTestId("canned-with-leave").click();
    await text.press("ControlOrMeta+Enter");
    await expect(ana.getByTestId("line-3")).toContainText("Tomorrow at ten?");
    await expect(ana.getByTestId("line-3")).not.toContainText("Later");
    await ana.keyboard.type("/prices");
    await ana.keyboard.press("Enter");
    await ana.keyboard.press("ControlOrMeta+Enter");
    await expect(ana.getByTestId("line-4")).toContainText("Our prices");
    await expect(ana.getByTestId("line-4").getByRole("link")).toHaveAttribute("href", file.link);
    await expect.poll(async () => (await world.reached()).join()).toContain("Our prices");
  },
);
