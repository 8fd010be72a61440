import { expect, test } from "vitest";
import { bringsFiles } from "./clipboard.ts";

const pasted = (text: string, ...names: string[]) => ({
  files: names.map((name) => ({ name })),
  getData: (type: string) => (type === "text/plain" ? text : ""),
});

test("where the clipboard has text and a picture of it, the text is meant", () => {
  for (const text of ["Rueda\t45\n", "45", "La rueda cuesta 45 €.\r\n\r\nGracias.", "image"]) {
    expect(bringsFiles(pasted(text, "image.png")), text).toBe(false);
  }
  expect(bringsFiles(pasted("Hola"))).toBe(false);
});

test("a picture alone and copied files are files, whatever their names beside them", () => {
  for (const [text, ...names] of [
    ["", "image.png"],
    ["\n", "image.png"],
    ["la factura.pdf", "la factura.pdf"],
    ["/srv/papers/la factura.pdf\n", "la factura.pdf"],
    ["C:\\Ana\\a.pdf\r\nC:\\Ana\\b.png", "a.pdf", "b.png"],
    ["file:///srv/papers/la%20factura.pdf", "la factura.pdf"],
    // A Mac writes the letters of a name apart.
    ["n\u0303u.pdf", "\u00f1u.pdf"],
  ]) {
    expect(bringsFiles(pasted(text ?? "", ...names)), text).toBe(true);
  }
  expect(bringsFiles(pasted("file:///%E0%A4%A", "other.pdf"))).toBe(false);
});
