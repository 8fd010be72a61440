// An agent attaches a picture and a document, and the customer gets both.
import { png } from "./png.ts";
import { expect, long, open } from "./world.ts";

long("a picture goes with its caption, and a document with its name", async ({ world }) => {
  const lucia = world.customer("Lucía Vera");
  await lucia.says("Can I see it?");
  const ana = await world.desk("Ana");
  await open(ana, lucia.name);
  const input = ana.getByTestId("attach-input");
  await input.setInputFiles({
    name: "notes.svg",
    mimeType: "image/svg+xml",
    buffer: Buffer.from("<svg/>"),
  });
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

long("a picture is pasted, another one dropped on the conversation", async ({ world }) => {
  const lucia = world.customer("Lucía Vera");
  await lucia.says("Can I see it?");
  const ana = await world.desk("Ana");
  await open(ana, lucia.name);
  const bytes = [...png(32)];
  const gives = (on: string, type: string, name: string) =>
    ana.getByTestId(on).evaluate(
      (element, { type, name, bytes }) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }));
        const how = { bubbles: true, cancelable: true };
        const event =
          type === "paste"
            ? new ClipboardEvent(type, { ...how, clipboardData: data })
            : new DragEvent(type, { ...how, dataTransfer: data });
        element.dispatchEvent(event);
      },
      { type, name, bytes },
    );
  await gives("composer-text", "paste", "pasted.png");
  await expect(ana.getByTestId("attached-ready")).toContainText("pasted.png");
  await ana.getByTestId("send").click();
  await expect(ana.getByTestId("line-2").locator("img")).toBeVisible();
  await gives("timeline", "dragenter", "dropped.png");
  await gives("timeline", "dragover", "dropped.png");
  await gives("timeline", "drop", "dropped.png");
  await expect(ana.getByTestId("attached-ready")).toContainText("dropped.png");
});

long(
  "a voice note is seen before it is played, and its bars go to another place",
  async ({ world }) => {
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
    await expect
      .poll(() => player.evaluate((audio: HTMLAudioElement) => audio.currentTime))
      .toBeGreaterThan(1.9);
    await place.press("Home");
    await expect(place).toHaveAttribute("aria-valuetext", "0:00 of 0:02");
    await place.press("ArrowRight");
    await expect
      .poll(() => player.evaluate((audio: HTMLAudioElement) => audio.currentTime))
      .toBeGreaterThan(0);
  },
);
