// An agent attaches a picture and a document, and the customer gets both.
import { deflateSync } from "node:zlib";
import { expect, long, open } from "./world.ts";

/** A picture of one colour. */
function png(size: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    let crc = ~0;
    for (const byte of body) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE(~crc >>> 0, 4);
    return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  head.set([8, 2], 8);
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(size * 3, 0x5a)]);
  const pixels = deflateSync(Buffer.concat(Array.from({ length: size }, () => row)));
  const start = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([start, chunk("IHDR", head), chunk("IDAT", pixels), chunk("IEND", Buffer.alloc(0))]);
}

long("a picture goes with its caption, and a document with its name", async ({ world }) => {
  const lucia = world.customer("Lucía Vera");
  await lucia.says("Can I see it?");
  const ana = await world.desk("Ana");
  await open(ana, lucia.name);
  const input = ana.getByTestId("attach-input");
  await input.setInputFiles({ name: "notes.svg", mimeType: "image/svg+xml", buffer: Buffer.from("<svg/>") });
  await expect(ana.getByText("WhatsApp does not take this type of file")).toBeVisible();
  await expect(ana.getByTestId("attached")).toBeHidden();

  const picture = { name: "bike.png", mimeType: "image/png", buffer: png(64) };
  await input.setInputFiles(picture);
  await expect(ana.getByTestId("attached-ready")).toContainText("bike.png");
  await ana.getByTestId("composer-text").fill("Here it is");
  await ana.getByTestId("send").click();
  const line = ana.getByTestId("line-2");
  await expect(line).toContainText("Here it is");
  const shown = line.locator("img");
  await expect.poll(() => shown.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(64);
  await expect.poll(async () => (await world.reached()).join()).toContain("Here it is");

  // Larger than one piece, without a text.
  const pages = Buffer.alloc(1_400_000, "%PDF-1.7 ");
  await input.setInputFiles({ name: "la factura.pdf", mimeType: "application/pdf", buffer: pages });
  await expect(ana.getByTestId("attached-ready")).toContainText("la factura.pdf");
  await ana.getByTestId("send").click();
  await expect(ana.getByTestId("line-3")).toContainText("la factura.pdf");
  await expect.poll(async () => (await world.reached()).join()).toContain("la factura.pdf");
});

long("a voice note is seen before it is played, and its bars go to another place", async ({ world }) => {
  const lucia = world.customer("Lucía Salas");
  await lucia.sends({ kind: "media", type: "audio", voice: true });
  const ana = await world.desk("Ana");
  await open(ana, lucia.name);
  const line = ana.getByTestId("line-1");
  await expect(line.getByTestId("file-sound")).toContainText("0:02");
  await expect(line.getByTestId("file-seek")).toHaveCount(0);
  await line.getByTestId("file-play").click();
  const player = line.locator("audio");
  await player.evaluate((audio: HTMLAudioElement) => audio.pause());
  const place = line.getByRole("slider", { name: "Place in the voice note" });
  await place.press("End");
  await expect(place).toHaveAttribute("aria-valuetext", "0:02 of 0:02");
  await expect.poll(() => player.evaluate((audio: HTMLAudioElement) => audio.currentTime)).toBeGreaterThan(1.9);
  await place.press("Home");
  await expect(place).toHaveAttribute("aria-valuetext", "0:00 of 0:02");
  await place.press("ArrowRight");
  await expect.poll(() => player.evaluate((audio: HTMLAudioElement) => audio.currentTime)).toBeGreaterThan(0);
});
