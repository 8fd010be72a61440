// What somebody writes is drawn as in WhatsApp, and leads where it says; places and cards too.
import { expect, long, open } from "./world.ts";

long("links, letters, lists, places and cards are drawn, and lead on", async ({ world }) => {
  const lucia = world.customer("Lucía Vera");
  await lucia.says(
    "*Order* https://shop.example/o/45, _or_ +34 600 123 456\n- one\n- javascript:alert(1)\n> said",
  );
  await lucia.sends({ kind: "location", latitude: 39.4699, longitude: -0.3763, name: "The shop" });
  const card = {
    name: { formatted_name: "Marco Bianchi", first_name: "Marco" },
    phones: [{ phone: "+39 347 000 0000" }],
    emails: [{ email: "marco@shop.example" }],
  };
  await lucia.sends({ kind: "contacts", cards: [card] });
  const ana = await world.desk("Ana");
  await open(ana, lucia.name);
  const line = ana.getByTestId("line-1");
  await expect(line.locator("b")).toHaveText("Order");
  await expect(line.locator("i")).toHaveText("or");
  await expect(line.locator("li")).toHaveText(["one", "javascript:alert(1)"]);
  await expect(line.locator("blockquote")).toHaveText("said");
  const links = line.locator("a");
  await expect(links).toHaveCount(2);
  await expect(links.nth(0)).toHaveAttribute("href", "https://shop.example/o/45");
  await expect(links.nth(0)).toHaveAttribute("rel", /noopener noreferrer/);
  await expect(links.nth(1)).toHaveAttribute("href", "tel:+34600123456");
  await expect(ana.getByTestId("place-map")).toHaveAttribute(
    "href",
    /openstreetmap\.org\/\?mlat=39\.4699/,
  );
  const shown = ana.getByTestId("contact-card");
  await expect(shown).toContainText("Marco Bianchi");
  await expect(shown.getByRole("link")).toHaveAttribute("href", "mailto:marco@shop.example");
  await shown.getByTestId("card-write").click();
  await expect(ana.getByRole("dialog").getByRole("textbox").first()).toHaveValue(/347/);
});
