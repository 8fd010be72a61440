// The log for admins: who did what, filtered, saved, and verified.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { Node, PASSWORD } from "./node.ts";
import { expect, open, signIn, test } from "./world.ts";

test("an admin finds who took a conversation, saves it, and others do not see the log", async ({
  world,
}) => {
  const owen = world.customer("Owen Hughes");
  await owen.says("<img src=x onerror=alert(1)>");
  const ana = await world.desk("Ana");
  await open(ana, owen.name);
  await ana.getByTestId("claim").click();
  await expect(ana.getByTestId("owner-chip")).toContainText("You");
  await ana.goto("/settings/log");
  await expect(ana.getByTestId("settings-log")).toHaveCount(0);

  const admin = await world.desk("Admin");
  await admin.goto("/settings/log");
  await admin.getByTestId("audit-who").selectOption({ label: "Ana" });
  await admin.getByTestId("audit-what").selectOption("owner_changed");
  const list = admin.getByTestId("audit-list");
  await expect(list.locator("details")).toHaveCount(1);
  await expect(list).toContainText("changed the owner");
  await list.locator("summary").click();
  await expect(list.locator("dl")).toContainText("claimed");
  await expect(list.locator("dl")).toContainText("Ana");
  expect(await list.textContent()).not.toContain("onerror");

  const [file] = await Promise.all([
    admin.waitForEvent("download"),
    admin.getByTestId("audit-csv").click(),
  ]);
  expect(file.suggestedFilename()).toBe("log.csv");
  await admin.getByTestId("audit-verify").click();
  await expect(admin.getByTestId("audit-result")).toContainText("Nothing was changed.");
});

test("an entry that was changed in the database is named", async ({ world }) => {
  const node = await Node.start({ number: true });
  try {
    await node.customerSays("Owen Hughes", "Hola");
    const page = await world.stranger({ baseURL: node.url });
    await page.goto(`${node.url}/`);
    await signIn(page, { workspace: "shop", email: "ines@shop.example", password: PASSWORD });
    await page.goto(`${node.url}/settings/log`);
    await page.getByTestId("audit-what").selectOption("line_received");
    const row = page.getByTestId("audit-list").locator("details").first();
    const position = (await row.getAttribute("data-testid"))?.replace("audit-row-", "");
    const edit = `import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=20)
db.execute("DROP TRIGGER log_is_written_once")
db.execute("UPDATE log SET at = at - 60000 WHERE position = ?", (sys.argv[2],))
db.commit()`;
    execFileSync("python3", ["-c", edit, join(node.data, "baton.db"), position ?? ""]);
    await page.getByTestId("audit-verify").click();
    await expect(page.getByTestId("audit-result")).toContainText(
      `Entry ${position} is not as it was written.`,
    );
  } finally {
    await node.end();
  }
});
