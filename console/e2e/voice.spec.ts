// An agent speaks a voice note, hears it, and the customer gets it as one.
import { expect, long, open } from "./world.ts";

long("a voice note is recorded, sent and played", async ({ world }) => {
  const lucia = world.customer("Lucía Vera");
  await lucia.says("Can you tell me how?");
  const ana = await world.desk("Ana");
  await open(ana, lucia.name);
  await ana.getByTestId("record").click();
  await expect(ana.getByTestId("recorder-time")).toHaveText(/0:0[2-9]/);

  // Meanwhile another tab of hers is told so.
  const other = await ana.context().newPage();
  await other.goto(ana.url());
  await other.getByTestId("record").click();
  await expect(other.getByTestId("recorder-silence")).toContainText("Another tab is recording");
  await other.close();

  await ana.getByTestId("recorder-stop").click();
  const sound = ana.getByTestId("attached-sound");
  await expect
    .poll(() => sound.evaluate((audio: HTMLAudioElement) => audio.readyState))
    .toBeGreaterThan(0);
  await ana.getByTestId("send").click();
  const line = ana.getByTestId("line-2");
  // The server reads its length and its bars: it is Opus in Ogg.
  await expect(line.getByTestId("file-sound")).toContainText(/0:0[2-9]|0:1\d/);
  await expect(line.getByTestId("line-status")).toHaveAttribute(
    "data-status",
    /sent|delivered|read/,
  );
  await expect.poll(async () => (await world.reached()).join()).toContain("voice");
  await line.getByTestId("file-play").click();
  const player = line.locator("audio");
  await expect
    .poll(() => player.evaluate((audio: HTMLAudioElement) => audio.currentTime))
    .toBeGreaterThan(0);
  await line.getByTestId("file-speed").click();
  await expect
    .poll(() => player.evaluate((audio: HTMLAudioElement) => audio.playbackRate))
    .toBe(1.5);
});

long("a microphone that is refused, missing or unplugged is told in words", async ({ world }) => {
  const lucia = world.customer("Lucía Vera");
  await lucia.says("Can you tell me how?");
  const ana = await world.desk("Ana");
  await open(ana, lucia.name);
  for (const [name, words] of [
    ["NotAllowedError", "forbidden for this page"],
    ["NotFoundError", "There is no microphone"],
    ["NotReadableError", "Another program uses"],
  ]) {
    await ana.evaluate((fault) => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", fault));
    }, name);
    await ana.getByTestId("record").click();
    await expect(ana.getByTestId("recorder-silence")).toContainText(words ?? "");
    await ana.getByTestId("recorder").getByRole("button").click();
  }
  await ana.reload();
  await ana.evaluate(() => {
    const { mediaDevices } = navigator;
    const ask = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (wanted) => {
      const stream = await ask(wanted);
      const pull = () => stream.getTracks()[0]?.dispatchEvent(new Event("ended"));
      Object.assign(window, { pull });
      return stream;
    };
  });
  await ana.getByTestId("record").click();
  await expect(ana.getByTestId("recorder-time")).toHaveText(/0:0[2-9]/);
  await ana.evaluate(() => (window as unknown as { pull: () => void }).pull());
  await expect(ana.getByTestId("toast")).toContainText("What you said until then is kept");
  await expect(ana.getByTestId("attached")).toContainText("Voice note");
});
