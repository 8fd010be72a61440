// Letters: an invitation, and a forgotten password. The addresses in them lead to this server.
import { looks } from "./looks.ts";
import { type Mail, mailHere } from "./mail.ts";
import { Demo } from "./server.ts";
import { World, expect, test } from "./world.ts";

async function linkIn(mail: Mail, to: string): Promise<string> {
  await expect.poll(() => mail.text(to), { timeout: 10_000 }).toBeDefined();
  const link = /https:\/\/desk\.example\.com(\/\S+)/.exec(mail.text(to) ?? "")?.[1];
  if (link === undefined) throw new Error(`no link in ${mail.text(to)}`);
  return link;
}

test("an invitation and a new password come by letter", async ({ browser }) => {
  const mail = await mailHere();
  const demo = await Demo.start({
    BATON_MAIL__SERVER: mail.url,
    BATON_MAIL__FROM: "Baton <desk@acme.example>",
    BATON_MAIL__ADDRESS: "https://desk.example.com",
  });
  const world = new World(browser, demo.facts);
  try {
    const admin = await world.desk("Admin", { at: "/settings/agents" });
    await admin.getByTestId("invite").click();
    await admin.getByTestId("invite-name").fill("Eva Soto");
    await admin.getByTestId("invite-email").fill("eva@acme.example");
    await expect(admin.getByTestId("invite-letter")).toBeChecked();
    await admin.getByTestId("invite-go").click();
    await expect(admin.getByTestId("invite-sent")).toBeVisible();
    // Nothing is lost with what is closed: the letter has it.
    await admin.getByTestId("invite-done").click();
    const eva = await world.stranger();
    await eva.goto(await linkIn(mail, "eva@acme.example"));
    await expect(eva.getByTestId("join-name")).toHaveValue("Eva Soto");
    await eva.getByTestId("join-password").fill("the horse of Eva Soto");
    await eva.getByTestId("join-go").click();
    await expect(eva).toHaveURL(/inbox\/mine/);

    const { workspace, email } = world.login("Ana");
    const ana = await world.stranger();
    await ana.goto("/sign-in");
    await ana.getByTestId("sign-forgot").click();
    await ana.getByTestId("password-workspace").fill(workspace);
    await ana.getByTestId("password-email").fill(email);
    await looks(ana, "forgotten");
    await ana.getByTestId("password-go").click();
    await expect(ana.getByTestId("password-done")).toBeVisible();
    const link = await linkIn(mail, email);
    await ana.goto(link);
    await ana.getByTestId("password-new").fill("short");
    await ana.getByTestId("password-go").click();
    await expect(ana.getByRole("alert")).not.toBeEmpty();
    await ana.getByTestId("password-new").fill("the horse of Ana");
    await looks(ana, "new-password");
    await ana.getByTestId("password-go").click();
    await ana.getByRole("link", { name: "Sign in" }).click();
    await ana.getByTestId("sign-workspace").fill(workspace);
    await ana.getByTestId("sign-email").fill(email);
    await ana.getByTestId("sign-password").fill("the horse of Ana");
    await ana.getByTestId("sign-go").click();
    await expect(ana).toHaveURL(/inbox\/mine/);
    // The link is spent.
    const late = await world.stranger();
    await late.goto(link);
    await late.getByTestId("password-new").fill("the horse of nobody");
    await late.getByTestId("password-go").click();
    await expect(late.getByTestId("password-over")).toBeVisible();
    expect(world.faults).toEqual([]);
  } finally {
    await world.end();
    await demo.end();
    mail.end();
  }
});
