// That whatever others write stays text: it runs nothing, asks for nothing, becomes no element.
import { type Page, expect } from "@playwright/test";

/** Whatever a page asks for elsewhere, and whatever it shows that no page of ours would. */
export function guard(page: Page): string[] {
  const seen: string[] = [];
  const own = new URL(page.url()).origin;
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== own) seen.push(`asked for ${request.url()}`);
  });
  page.on("dialog", (dialog) => {
    seen.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("framenavigated", (frame) => {
    if (new URL(frame.url()).origin !== own) seen.push(`went to ${frame.url()}`);
  });
  return seen;
}

/** That nothing of it ran, and that nothing of it is more than text. */
export async function isHarmless(page: Page) {
  expect(await page.evaluate(() => "hit" in window || "hit" in Object.prototype)).toBe(false);
  const foreign = await page.evaluate(() => {
    const strange = "img, image, iframe, object, embed, video, audio, style, base, math, template";
    // A file that a customer sent comes from our own address, and says nothing but its caption.
    const ours = ["img", "video", "audio"].map((kind) => `${kind}[src^="/api/v1/files/"]`).join();
    const found = [...document.body.querySelectorAll(strange)].filter((one) => !one.matches(ours));
    for (const one of document.body.querySelectorAll("*")) {
      const isBad = [...one.attributes].some(
        ({ name, value }) =>
          /^on/.test(name) || (name !== "alt" && /^\s*(javascript|data|vbscript):/i.test(value)),
      );
      if (isBad) found.push(one);
    }
    return found.map((one) => one.outerHTML.slice(0, 200));
  });
  expect(foreign).toEqual([]);
}
