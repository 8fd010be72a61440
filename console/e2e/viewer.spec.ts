// A picture and a PDF are looked at where they stand, by keys.
import { png } from "./png.ts";
import { expect, long, open } from "./world.ts";

/** A document of two pages, with a script that must not run. */
function pdf(): Buffer {
  const stream = (text: string) => `<< /Length ${text.length} >>\nstream\n${text}\nendstream`;
  const page = (contents: number) =>
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents ${contents} 0 R /Resources << /Font << /F1 7 0 R >> >> >>`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> >>",
    "<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 >>",
    page(5),
    page(6),
    stream("1 0 0 rg 0 0 300 200 re f BT 0 g /F1 24 Tf 40 100 Td (Invoice 45) Tj ET"),
    stream("BT /F1 24 Tf 40 100 Td (Second page) Tj ET"),
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  let text = "%PDF-1.4\n";
  const places = objects.map((object, n) => {
    const at = text.length;
    text += `${n + 1} 0 obj\n${object}\nendobj\n`;
    return at;
  });
  const table = places.map((at) => `${String(at).padStart(10, "0")} 00000 n \n`).join("");
  const end = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}`;
  return Buffer.from(
    `${text}${end}trailer << /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`,
  );
}

long("a PDF is looked at, page by page, and the picture beside it", async ({ world }) => {
  const lucia = world.customer("Lucía Vera");
  await lucia.says("Can I see it?");
  const ana = await world.desk("Ana");
  const dialogs: string[] = [];
  ana.on("dialog", (dialog) => dialogs.push(dialog.message()));
  await open(ana, lucia.name);
  const input = ana.getByTestId("attach-input");
  await input.setInputFiles({ name: "bike.png", mimeType: "image/png", buffer: png(64) });
  await expect(ana.getByTestId("attached-ready")).toBeVisible();
  await ana.getByTestId("send").click();
  await expect(ana.getByTestId("line-2")).toBeVisible();
  await input.setInputFiles({ name: "invoice 45.pdf", mimeType: "application/pdf", buffer: pdf() });
  await expect(ana.getByTestId("attached-ready")).toContainText("invoice 45.pdf");
  await ana.getByTestId("send").click();
  // The card lists them, the newest first.
  const files = ana.getByTestId("card-files").getByTestId("card-file");
  await expect(files).toHaveCount(2);
  await expect(files.first()).toContainText("invoice 45.pdf");
  await files.first().click();
  await expect(ana.getByTestId("viewer")).toBeVisible();
  await ana.keyboard.press("Escape");
  const line = ana.getByTestId("line-3");
  await expect(line.getByTestId("file-facts")).toHaveText(/PDF · \d+ byte/);
  await line.getByTestId("file-look").click();
  const viewer = ana.getByTestId("viewer");
  await expect(viewer.getByTestId("viewer-facts")).toHaveText(/PDF · .* · 2 pages/);
  await expect(viewer.getByRole("img", { name: "Page 1 of 2" })).toBeVisible();
  await expect(viewer.getByTestId("pdf-pages")).toContainText("Invoice 45");
  // It is drawn: the page is red.
  const first = viewer.locator("canvas").first();
  const corner = () =>
    first.evaluate((canvas: HTMLCanvasElement) =>
      canvas.width === 0 ? [] : [...(canvas.getContext("2d")?.getImageData(2, 2, 1, 1).data ?? [])],
    );
  await expect.poll(corner).toEqual([255, 0, 0, 255]);
  const before = await first.evaluate((canvas) => canvas.clientWidth);
  await ana.keyboard.press("+");
  await expect.poll(() => first.evaluate((canvas) => canvas.clientWidth)).toBeGreaterThan(before);
  await ana.keyboard.press("ArrowLeft");
  await expect
    .poll(() =>
      viewer
        .getByTestId("viewer-picture")
        .evaluate((image: HTMLImageElement) => image.naturalWidth),
    )
    .toBeGreaterThan(0);
  await expect(viewer.getByTestId("viewer-previous")).toBeDisabled();
  const [saved] = await Promise.all([
    ana.waitForEvent("download"),
    viewer.getByTestId("viewer-save").click(),
  ]);
  expect(await saved.failure()).toBe(null);
  await ana.keyboard.press("Escape");
  await expect(viewer).toBeHidden();
  expect(dialogs).toEqual([]);
});

long("a document that is none is told so", async ({ world }) => {
  const lucia = world.customer("Lucía Vera");
  await lucia.says("Can I see it?");
  const ana = await world.desk("Ana");
  await open(ana, lucia.name);
  const file = {
    name: "broken.pdf",
    mimeType: "application/pdf",
    buffer: Buffer.from("%PDF-1.7 nothing"),
  };
  await ana.getByTestId("attach-input").setInputFiles(file);
  await expect(ana.getByTestId("attached-ready")).toBeVisible();
  await ana.getByTestId("send").click();
  await ana.getByTestId("line-2").getByTestId("file-look").click();
  await expect(ana.getByTestId("pdf-failed")).toContainText("Save it to open it");
});
