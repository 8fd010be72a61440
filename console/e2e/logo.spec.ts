// The workspace's logo: chosen by an admin, drawn for everybody, ended with the cross.
import { png } from "./png.ts";
import { expect, long } from "./world.ts";

long(
  "a logo stands at the desk and where its team signs in, until it is taken away",
  async ({ world }) => {
    const admin = await world.desk("Admin", { at: "/welcome" });
    const input = admin.getByTestId("workspace-logo-input");
    await input.setInputFiles({
      name: "logo.png",
      mimeType: "image/png",
      buffer: Buffer.from("<svg/>"),
    });
    await expect(admin.getByText("Choose a PNG, JPEG or WebP, and a plain one.")).toBeVisible();
    await input.setInputFiles({ name: "logo.png", mimeType: "image/png", buffer: png(600) });
    const drawn = admin.getByTestId("workspace-logo");
    await expect
      .poll(() => drawn.evaluate((image: HTMLImageElement) => image.naturalWidth))
      .toBe(320);
    await expect(admin.getByTestId("rail-logo")).toBeVisible();

    // Whoever holds an invitation sees where they come to.
    const invited = await admin.request.post("/api/v1/invitations", {
      headers: { origin: new URL(admin.url()).origin },
      data: { invitations: [{ email: "eva@acme.example", name: "Eva", role: "agent", teams: [] }] },
    });
    const [{ secret }] = (await invited.json()) as [{ secret: string }];
    const eva = await world.stranger();
    await eva.goto("/join");
    await expect(eva.getByTestId("join-over")).toBeVisible();
    await expect(eva.getByTestId("join-logo")).toHaveCount(0);
    await eva.goto(`/join#${secret}`);
    await expect(eva.getByTestId("join-logo")).toBeVisible();

    const ana = await world.desk("Ana");
    await expect(ana.getByTestId("rail-logo")).toBeVisible();
    if (process.env["BATON_PICTURES"] !== undefined) {
      await admin.screenshot({ path: "e2e/.out/pictures/logo-settings.png" });
      await ana.screenshot({ path: "e2e/.out/pictures/logo-desk.png" });
    }
    // The session is over; the browser still knows for which workspace it was.
    await ana.context().clearCookies();
    await ana.evaluate(() => {
      const { workspace } = JSON.parse(localStorage.getItem("baton.session") ?? "{}") as {
        workspace: string;
      };
      localStorage.setItem("baton.workspace", workspace);
      localStorage.removeItem("baton.session");
    });
    await ana.goto("/sign-in");
    await expect(ana.getByTestId("sign-logo")).toBeVisible();
    if (process.env["BATON_PICTURES"] !== undefined) {
      await ana.screenshot({ path: "e2e/.out/pictures/logo-sign-in.png" });
    }

    await admin.getByTestId("workspace-logo-end").click();
    await expect(drawn).toBeHidden();
    await expect(admin.getByTestId("rail-logo")).toBeHidden();
  },
);
