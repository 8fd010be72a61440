// An admin invites people by links; they join in browsers of their own and answer customers.
import { looks } from "./looks.ts";
import { expect, open, test } from "./world.ts";

test("who is invited by a link joins in another browser, and answers", async ({ world }) => {
  const marta = world.customer("Marta Gil");
  await marta.says("¿Abrís el sábado?");
  const admin = await world.desk("Admin", { at: "/settings/agents" });
  // Before the teams are read, an invitation would name no team.
  let tell: () => void = () => undefined;
  const told = new Promise<void>((done) => (tell = done));
  await admin.route("**/api/v1/teams", async (route) => {
    await told;
    await route.fallback();
  });
  await admin.reload();
  await expect(admin.getByTestId("invite")).toBeDisabled();
  await expect(admin.getByTestId("add-agent")).toBeDisabled();
  tell();
  await admin.getByTestId("invite").click();
  await admin.getByTestId("invite-name").fill("Eva Soto");
  await admin.getByTestId("invite-email").fill("eva@acme.example");
  await admin.getByTestId("invite-dialog").getByLabel("Teams").selectOption({ label: "Desk" });
  await admin.getByTestId("invite-go").click();
  await expect(admin.getByTestId("invite-qr")).toBeVisible();
  const first = await admin.getByTestId("invite-link").inputValue();
  expect(first).toMatch(/\/join#bi_/);
  // It is shown this once: Escape asks first.
  await admin.keyboard.press("Escape");
  await expect(admin.getByTestId("invite-links").getByRole("alert")).toContainText(
    "Nothing was copied",
  );
  await admin.getByTestId("invite-done").click();

  // A new link takes the place of the first one.
  const row = admin.getByTestId("invitation-eva@acme.example");
  await row.getByTestId("invitation-renew").click();
  const link = await admin.getByTestId("invite-link").inputValue();
  expect(link).not.toBe(first);
  await admin.getByTestId("invite-done").click();
  const eva = await world.stranger();
  await eva.goto(first);
  await expect(eva.getByTestId("join-over")).toContainText("there is a newer one");
  await eva.goto(link);
  await expect(eva.getByTestId("join-name")).toHaveValue("Eva Soto");
  await eva.getByTestId("join-password").fill("12345678");
  await eva.getByTestId("join-go").click();
  await expect(eva.getByRole("alert")).toContainText("many use");
  await eva.getByTestId("join-password").fill("the horse of Eva Soto");
  await eva.getByTestId("join-go").click();
  await expect(eva).toHaveURL(/inbox\/mine/);
  await expect(row).toHaveCount(0);

  await open(eva, marta.name);
  await eva.getByTestId("claim").click();
  await eva.getByTestId("composer-text").fill("Sí, de 10 a 14.");
  await eva.getByTestId("send").click();
  const status = eva.getByTestId("line-2").getByTestId("line-status");
  await expect(status).toHaveAttribute("data-status", /delivered|read/);

  // The link is spent.
  const other = await world.stranger();
  await other.goto(link);
  await expect(other.getByTestId("join-over")).toContainText("used already");
});

test("a table says which lines are wrong, and then invites all", async ({ world }) => {
  const admin = await world.desk("Admin", { at: "/settings/agents", bypassCSP: true });
  await admin.getByTestId("invite").click();
  await looks(admin, "invite");
  await admin.getByTestId("invite-table").click();
  const { email } = world.login("Ana");
  const rows = (last: string) =>
    `email,name,teams\neva@acme.example,Eva,Desk\nian@acme.example,Ian,${last}`;
  await admin.getByTestId("invite-text").fill(rows("Desks"));
  await expect(admin.getByTestId("invite-wrong")).toContainText("Line 3");
  await expect(admin.getByTestId("invite-go")).toBeDisabled();
  // The server knows who is here already.
  await admin.getByTestId("invite-text").fill(`${rows("Desk")}\n${email},Ana,Desk`);
  await admin.getByTestId("invite-go").click();
  await expect(admin.getByTestId("invite-wrong")).toContainText("Line 4");
  const file = { name: "team.csv", mimeType: "text/csv", buffer: Buffer.from(rows("Desk")) };
  await admin.getByTestId("invite-file").setInputFiles(file);
  await expect(admin.getByTestId("invite-preview")).toContainText("2 people");
  await looks(admin, "invite-table");
  await admin.getByTestId("invite-go").click();
  await expect(admin.getByTestId("invite-copy")).toHaveCount(2);
  await admin.getByTestId("invite-links").getByRole("button", { name: "Code, Ian" }).click();
  await expect(admin.getByTestId("invite-qr")).toBeVisible();
  await looks(admin, "invite-links");
  const link = await admin.getByTestId("invite-link").inputValue();
  await admin.getByTestId("invite-done").click();
  await looks(admin, "invitations");
  const ian = await world.stranger({ bypassCSP: true });
  await ian.goto(link);
  await expect(ian.getByTestId("join-name")).toHaveValue("Ian");
  await looks(ian, "join");
  await admin.getByTestId("invitation-ian@acme.example").getByTestId("invitation-withdraw").click();
  await expect(admin.getByTestId("invitation-ian@acme.example")).toHaveCount(0);
  await ian.getByTestId("join-password").fill("the horse of Ian Soto");
  await ian.getByTestId("join-go").click();
  await expect(ian.getByTestId("join-over")).toContainText("withdrawn");
});
