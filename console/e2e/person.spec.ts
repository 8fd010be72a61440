import { reachable } from "./looks.ts";
import { expect, long, open } from "./world.ts";

long("who else a customer is: linked, seen before replying, and taken back", async ({ world }) => {
  const [lola, dolores] = [world.customer("Lola Rius"), world.customer("Dolores Rius")];
  await lola.says("¿Mi bici está lista?");
  await dolores.says("Pregunto por una bici");
  const [ana, ben] = [await world.desk("Ana"), await world.desk("Ben")];
  await open(ben, dolores.name);
  await ben.getByTestId("claim").click();
  await open(ana, lola.name);
  await expect(ana.getByTestId("answered-elsewhere")).toHaveCount(0);
  await ana.getByTestId("link").click();
  await ana.getByTestId("link-find").fill("dolores");
  await ana.getByTestId("link-dialog").getByText("Dolores Rius").click();
  await expect(ana.getByTestId("elsewhere")).toContainText("Dolores Rius");
  await expect(ana.getByTestId("answered-elsewhere")).toContainText("Ben");
  // On a phone, too, it can be pressed.
  const before = ana.viewportSize() ?? { width: 1440, height: 900 };
  await reachable(ana, "answered elsewhere");
  await ana.setViewportSize(before);
  // The other side sees it too, and where it leads.
  await open(ben, lola.name);
  await expect(ben.getByTestId("elsewhere")).toContainText("Dolores Rius");
  await ana.getByTestId("toast-undo").click();
  await expect(ana.getByTestId("elsewhere")).not.toContainText("Dolores Rius");
  await expect(ana.getByTestId("answered-elsewhere")).toHaveCount(0);
});
