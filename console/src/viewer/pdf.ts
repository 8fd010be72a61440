// Documents in the PDF format, drawn as pictures of their pages. They are read in a worker of their
// own, which ends with the viewer: no script of theirs runs, no form is filled, no address is asked.

import {
  GlobalWorkerOptions,
  type PDFDocumentProxy,
  PDFWorker,
  getDocument,
} from "pdfjs-dist/legacy/build/pdf.mjs";
import address from "pdfjs-dist/legacy/build/pdf.worker.min.mjs?url";
import { workerAddress } from "../trusted.ts";

/** Larger pictures in a document are left out. */
const PIXELS_MAX = 40_000_000;
/** So many pages are offered; the rest is in the file. */
export const PAGES_MAX = 500;
/** A page is drawn with at most so many points. */
const AREA_MAX = 8_000_000;

export interface Opened {
  pages: number;
  /** Width and height of a page, in points. */
  sizeOf: (page: number) => Promise<{ width: number; height: number }>;
  /** Draws a page as wide as this, in pixels of the screen. */
  draw: (page: number, canvas: HTMLCanvasElement, width: number) => Promise<void>;
  /** Its words, for those who do not see it. */
  wordsOf: (page: number) => Promise<string>;
  close: () => void;
}

export async function openPdf(url: string): Promise<Opened> {
  GlobalWorkerOptions.workerSrc = address;
  const port = new Worker(workerAddress(address), { type: "module" });
  // Its types know of no port.
  const worker = new PDFWorker({ port } as unknown as ConstructorParameters<typeof PDFWorker>[0]);
  const task = getDocument({
    url,
    worker,
    maxImageSize: PIXELS_MAX,
    enableXfa: false,
    isEvalSupported: false,
    useWasm: false,
    useSystemFonts: true,
    verbosity: 0,
  });
  const close = () => {
    void task.destroy().catch(() => undefined);
    port.terminate();
  };
  try {
    return { ...pagesOf(await task.promise), close };
  } catch (error) {
    close();
    throw error;
  }
}

function pagesOf(pdf: PDFDocumentProxy): Omit<Opened, "close"> {
  return {
    pages: pdf.numPages,
    sizeOf: async (page) => {
      const { width, height } = (await pdf.getPage(page)).getViewport({ scale: 1 });
      return { width, height };
    },
    draw: async (number, canvas, width) => {
      const page = await pdf.getPage(number);
      const whole = page.getViewport({ scale: 1 });
      const most = Math.sqrt(AREA_MAX / (whole.width * whole.height));
      const viewport = page.getViewport({ scale: Math.min(width / whole.width, most) });
      canvas.width = Math.ceil(viewport.width);
      canvas.height = Math.ceil(viewport.height);
      await page.render({ canvas, viewport, annotationMode: 0 }).promise;
    },
    wordsOf: async (number) => {
      const { items } = await (await pdf.getPage(number)).getTextContent();
      const said = items.map((item) => ("str" in item ? item.str : "")).join(" ");
      return said.replace(/\s+/g, " ").trim().slice(0, 5_000);
    },
  };
}
