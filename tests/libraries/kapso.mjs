// The calls of the library from npm; play.py starts it and judges what it prints.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const home = join(process.env.MODULES, "@kapso/whatsapp-cloud-api");
const load = (file) => import(pathToFileURL(join(home, "dist", file)));
const { WhatsAppClient } = await load("index.js");
const { normalizeWebhook } = await load("server.js");
const { version } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
const [url, wamid, to] = process.argv.slice(2);

const NUMBER = "106540352242922";
const client = new WhatsAppClient({
  accessToken: "simulator-access-token",
  baseUrl: url,
  graphVersion: "v23.0",
});
const { messages } = client;
const send = { phoneNumberId: NUMBER, to };
const link = "https://example.com/a";
const choice = (id, title) => ({ id, title });
const buttons = (...all) => ({ ...send, bodyText: "?", buttons: all });
const rows = (...all) => ({
  ...send, bodyText: "?", buttonText: "Choose", sections: [{ title: "Size", rows: all }],
});
const template = (name, parameters) => ({
  ...send,
  template: {
    name,
    language: { code: "en" },
    components: parameters && [{ type: "body", parameters }],
  },
});
const words = (...all) => all.map((text) => ({ type: "text", text }));
const open = (address) => ({
  ...send, bodyText: "?", parameters: { displayText: "Open", url: address },
});

const calls = [
  ["text", () => messages.sendText({ ...send, body: "Hola" })],
  ["text, quoting", () => messages.sendText({ ...send, body: "a", contextMessageId: wamid })],
  ["image", () => messages.sendImage({ ...send, image: { link: `${link}.jpg`, caption: "c" } })],
  ["audio", () => messages.sendAudio({ ...send, audio: { link: `${link}.mp3` } })],
  ["voice", () => messages.sendAudio({ ...send, audio: { link: `${link}.ogg`, voice: true } })],
  ["video", () => messages.sendVideo({ ...send, video: { link: `${link}.mp4` } })],
  ["document", () => messages.sendDocument({
    ...send, document: { link: `${link}.pdf`, filename: "a.pdf" },
  })],
  ["sticker", () => messages.sendSticker({ ...send, sticker: { link: `${link}.webp` } })],
  ["location", () => messages.sendLocation({
    ...send, location: { latitude: 40.4, longitude: -3.7, name: "Office" },
  })],
  ["contact card", () => messages.sendContacts({
    ...send, contacts: [{ name: { formattedName: "Ada", firstName: "Ada" } }],
  })],
  ["reaction", () => messages.sendReaction({
    ...send, reaction: { messageId: wamid, emoji: "👍" },
  })],
  ["buttons", () => messages.sendInteractiveButtons(buttons(choice("y", "Yes"), choice("n", "No")))],
  ["list", () => messages.sendInteractiveList(rows(choice("s", "S"), choice("m", "M")))],
  ["link button", () => messages.sendInteractiveCtaUrl(open(link))],
  ["product", () => messages.sendInteractiveProduct({
    ...send, catalogId: "1", productRetailerId: "s",
  })],
  ["catalogue", () => messages.sendInteractiveCatalogMessage({
    ...send, bodyText: "Look", parameters: { thumbnailProductRetailerId: "s" },
  })],
  ["flow", () => messages.sendInteractiveFlow({
    ...send, bodyText: "?",
    parameters: {
      flowId: "1", flowCta: "Open", flowToken: "t", flowAction: "navigate",
      flowActionPayload: { screen: "A" },
    },
  })],
  ["template", () => messages.sendTemplate(template("order_update", words("Ada", "4711")))],
  ["mark read", () => messages.markRead({ phoneNumberId: NUMBER, messageId: wamid })],
  ["typing", () => messages.markRead({
    phoneNumberId: NUMBER, messageId: wamid, typingIndicator: { type: "text" },
  })],
  ["templates", () => client.templates.list({ businessAccountId: "102290129340398" })],
  ["action as text", () => messages.sendInteractiveRaw({
    ...send,
    interactive: {
      type: "button", body: { text: "?" },
      action: JSON.stringify({ buttons: [{ type: "reply", reply: choice("a", "A") }] }),
    },
  })],
  ["own number", () => messages.sendText({ ...send, to: "15550783881", body: "a" }), "131021"],
  ["buttons with one id", () => messages.sendInteractiveButtons(
    buttons(choice("x", "A"), choice("x", "B")),
  ), "131009"],
  ["buttons with one title", () => messages.sendInteractiveButtons(
    buttons(choice("x", "A"), choice("y", "A")),
  ), "131009"],
  ["rows with one id", () => messages.sendInteractiveList(
    rows(choice("x", "A"), choice("x", "B")),
  ), "131009"],
  ["link without scheme", () => messages.sendInteractiveCtaUrl(open("example.com")), "refused"],
  ["unknown media id", () => messages.sendImage({ ...send, image: { id: "9" } }), "100"],
  ["latitude of 91", () => messages.sendLocation({
    ...send, location: { latitude: 91, longitude: 0 },
  }), "131009"],
  ["reaction with a word", () => messages.sendReaction({
    ...send, reaction: { messageId: wamid, emoji: "ok" },
  }), "131009"],
  ["reaction to nothing", () => messages.sendReaction({
    ...send, reaction: { messageId: "wamid.none", emoji: "👍" },
  }), "later"],
  ["unknown template", () => messages.sendTemplate(template("none")), "132001"],
  ["template with a variable too few", () => messages.sendTemplate(
    template("order_update", words("Ada")),
  ), "132000"],
  ["window is closed", () => messages.sendText({ ...send, to: "34699999998", body: "a" }), "later"],
];

const said = [];
const note = (name, expected, code, text) =>
  said.push([`kapso ${version}`, name, expected ?? null, code, text]);
for (const [name, call, expected] of calls) {
  try {
    await call();
    note(name, expected, "taken", "");
  } catch (error) {
    const isMetas = error.code !== undefined && error.httpStatus !== undefined;
    const text = String(error.errorData?.details ?? error.details ?? error.message);
    note(name, expected, isMetas ? String(error.code) : "library", text);
  }
}
const bodies = JSON.parse(readFileSync(0, "utf8"));
let read = 0;
for (const body of bodies) {
  const { messages: came, statuses } = normalizeWebhook(JSON.parse(body));
  if ((came?.length ?? 0) + (statuses?.length ?? 0) > 0) read += 1;
}
note(`${bodies.length} webhooks`, undefined, read === bodies.length ? "taken" : "unread", `${read}`);
process.stdout.write(JSON.stringify(said));
