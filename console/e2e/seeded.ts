// A team in the middle of its day: conversations of every state, and settings of each kind.
import type { Page } from "@playwright/test";
import { opId } from "../src/live/outbox.ts";
import { overtaken } from "./overtaken.ts";
import { png } from "./png.ts";
import { type World, expect, open } from "./world.ts";

/** As long as names are that people have. */
const LONG_NAME = "María Fernanda del Carmen Villanueva y Montenegro";
const LONG_TEXT =
  "¿Me podéis decir si la bicicleta que dejé ayer por la tarde está lista, o vuelvo mañana? ".repeat(
    3,
  );

export interface Seeded {
  /** A conversation with lines of every kind, which is Ana's. */
  talk: string;
  /** A customer nobody has answered, with a long name. */
  waiting: string;
  tag: string;
  canned: string;
}

/** A setting, as its form makes it. */
export async function setting(page: Page, kind: string, body: object): Promise<string> {
  const id = opId(Date.now(), crypto.getRandomValues(new Uint8Array(16)));
  const answer = await page.request.put(`/api/v1/${kind}/${id}`, {
    headers: { "if-none-match": "*", origin: new URL(page.url()).origin },
    data: { home: { kind: "workspace" }, body },
  });
  expect(answer.status(), await answer.text()).toBeLessThan(300);
  return id;
}

export async function seeded(world: World): Promise<Seeded> {
  const maria = world.customer(LONG_NAME);
  await maria.says(LONG_TEXT);
  await world
    .customer("ليلى منصور")
    .says("مرحبا، هل الدراجة Alba 3 جاهزة؟ https://shop.example/o/45");
  const lucia = world.customer("Lucía Vera");
  await lucia.says("*Pedido* https://shop.example/o/45 or +34 600 123 456\n- one\n- two\n> said");
  await lucia.sends({ kind: "location", latitude: 39.4699, longitude: -0.3763, name: "La tienda" });
  const card = {
    name: { formatted_name: "Marco Bianchi" },
    phones: [{ phone: "+39 347 000 0000" }],
  };
  await lucia.sends({ kind: "contacts", cards: [card] });
  await lucia.sends({ kind: "media", type: "audio", voice: true });

  const admin = await world.desk("Admin");
  const tag = await setting(admin, "tags", {
    name: "Un nombre de etiqueta bastante largo",
    colour: "red",
  });
  const canned = await setting(admin, "canned-replies", {
    shortcut: "envio",
    title: "Enviado",
    text: "Hola {{customer.first_name|amigo}}, el pedido {{ask:Número}} ha salido.",
    notes: true,
  });
  await setting(admin, "attributes", { key: "plan", name: "Plan", on_card: true });

  const ana = await world.desk("Ana");
  await overtaken(world, ana, ["Rita Sanz"], "Sí, desde las 10.", "¿Y a las 9?");
  const talk = await open(ana, lucia.name);
  await ana.getByTestId("claim").click();
  await expect(ana.getByTestId("owner-chip")).toContainText("You");
  const picture = { name: "bike.png", mimeType: "image/png", buffer: png(64) };
  await ana.getByTestId("attach-input").setInputFiles(picture);
  await expect(ana.getByTestId("attached-ready")).toBeVisible();
  await ana.getByTestId("composer-text").fill("Here it is");
  await ana.getByTestId("send").click();
  await expect(ana.getByTestId("line-5").locator("img")).toBeVisible();
  await ana.getByTestId("composer-mode-note").click();
  await ana.getByTestId("composer-text").fill("@Sof");
  await ana.locator("[data-testid^=mention-]").first().click();
  await ana.getByTestId("composer-text").press("End");
  await ana.getByTestId("composer-text").pressSequentially(" ¿lo sabes?");
  await ana.getByTestId("composer-text").press("Control+Enter");
  await ana.keyboard.press("Escape");
  await expect(ana.getByTestId("timeline")).toContainText("¿lo sabes?");
  await ana.request.post("/api/v1/commands", {
    headers: { origin: new URL(ana.url()).origin },
    data: {
      op_id: opId(Date.now(), crypto.getRandomValues(new Uint8Array(16))),
      conversation_id: talk,
      type: "tag",
      add: [tag],
    },
  });
  const waiting = await open(ana, LONG_NAME);
  await ana.context().close();
  await admin.context().close();
  return { talk, waiting, tag, canned };
}
