import { expect, test } from "vitest";
import { isGarbled, lettersOf } from "./letters.ts";

const TABLE = "Email,Name\njose@acme.example,José Núñez\n";

test("a table is read in what spreadsheets save", () => {
  const utf16 = Buffer.from(TABLE, "utf16le");
  const swapped = Buffer.from(utf16).swap16();
  for (const [name, bytes] of Object.entries({
    utf8: Buffer.from(TABLE),
    marked: Buffer.from(`\uFEFF${TABLE}`),
    windows: Buffer.from(TABLE, "latin1"),
    little: utf16,
    markedLittle: Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]),
    big: swapped,
    markedBig: Buffer.concat([Buffer.from([0xfe, 0xff]), swapped]),
  })) {
    expect(lettersOf(bytes), name).toBe(TABLE);
  }
  expect(lettersOf(Buffer.from([0x80, 0x20, 0x93, 0xe9, 0x94]))).toBe("€ “é”");
  expect(lettersOf(new Uint8Array())).toBe("");
});

test("half a letter is no text, and what is no letter is found", () => {
  expect(lettersOf(Buffer.concat([Buffer.from(TABLE, "utf16le"), Buffer.from([0x41])]))).toBe(
    undefined,
  );
  for (const odd of ["Jos\uFFFD", "Jos\u0081", "Jos\u0000"]) expect(isGarbled(odd), odd).toBe(true);
  expect(isGarbled("José “Pepe” Núñez\tأمل")).toBe(false);
});
