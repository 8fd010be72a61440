// Fields of a customer's card: each with an editor of its type, seen by others at once, and said by a canned reply.
import { setting } from "./seeded.ts";
import { expect, long, open } from "./world.ts";

long(
  "the team's own fields are set on the card, seen by all who may, and filled into a reply",
  async ({ world }) => {
    const lucia = world.customer("Lucía Vera");
    await lucia.says("Hola");
    const admin = await world.desk("Admin");
    await setting(admin, "attributes", {
      key: "plan",
      name: "Plan",
      type: "one_of",
      options: ["Free", "Team"],
      on_card: true,
    });
    await setting(admin, "attributes", {
      key: "orders",
      name: "Orders",
      type: "number",
      on_card: true,
    });
    await setting(admin, "attributes", { key: "shop", name: "Shop", type: "link" });
    await setting(admin, "attributes", {
      key: "since",
      name: "Since",
      type: "date",
      set: "supervisors",
    });
    await setting(admin, "attributes", {
      key: "debt",
      name: "Debt",
      on_card: true,
      hidden_from: ["agent"],
    });
    await setting(admin, "canned-replies", {
      shortcut: "plan",
      title: "Plan",
      text: "{{customer.plan}}: {{customer.orders}} pedidos, {{customer.shop|sin tienda}}.",
    });
    const [ana, ben] = [await world.desk("Ana"), await world.desk("Ben")];
    for (const page of [ana, ben, admin]) await open(page, "Lucía Vera");
    await expect(ana.getByTestId("card-fields")).toContainText("Plan");
    await expect(ana.getByTestId("card-fields")).not.toContainText("Debt");
    await expect(admin.getByTestId("card-fields")).toContainText("Debt");

    await ana.getByTestId("attribute-edit-plan").click();
    await ana.getByTestId("attribute-plan").locator("select").selectOption("Team");
    await expect(ben.getByTestId("attribute-plan")).toContainText("Team");
    await ana.getByTestId("attribute-edit-orders").click();
    const orders = ana.getByTestId("attribute-orders").locator("input");
    await orders.fill("twelve");
    await orders.press("Enter");
    await expect(ana.getByTestId("field-wrong")).toBeVisible();
    await expect(orders).toHaveValue("twelve");
    await orders.fill("12");
    await orders.press("Enter");
    await expect(ben.getByTestId("attribute-orders")).toContainText("12");

    // What does not stand on the card is behind "more", and what only supervisors set is only read.
    await ana.getByTestId("fields-more").click();
    await expect(ana.getByTestId("attribute-since").getByRole("button")).toHaveCount(0);
    await ana.getByTestId("attribute-edit-shop").click();
    const shop = ana.getByTestId("attribute-shop").locator("input");
    await shop.fill("javascript:alert(1)");
    await shop.press("Enter");
    await expect(ana.getByTestId("field-wrong")).toBeVisible();
    await shop.press("Escape");
    await expect(ana.getByTestId("attribute-shop")).not.toContainText("javascript");

    await admin.getByTestId("attribute-edit-debt").click();
    const debt = admin.getByTestId("attribute-debt").locator("input");
    await debt.fill("canary-4c1d");
    await debt.press("Enter");
    await expect(admin.getByTestId("attribute-debt")).toContainText("canary-4c1d");

    await ana.getByTestId("claim").click();
    await ana.getByTestId("composer-text").fill("/plan");
    await expect(ana.getByTestId("canned-preview")).toHaveText("Team: 12 pedidos, sin tienda.");
    await ana.getByTestId("composer-text").press("Enter");
    await expect(ana.getByTestId("composer-text")).toHaveValue("Team: 12 pedidos, sin tienda.");

    await ana.getByTestId("attribute-edit-plan").click();
    await ana.getByTestId("attribute-plan").locator("select").selectOption("Free");
    await expect(ben.getByTestId("attribute-plan")).toContainText("Free");
    await ana.getByTestId("toast-undo").click();
    await expect(ben.getByTestId("attribute-plan")).toContainText("Team");
    expect(await ana.content()).not.toContain("canary-4c1d");
  },
);
