// @vitest-environment node
import { expect, test } from "vitest";
import type { CustomerFile, Line } from "../protocol.ts";
import { filesBeside, filesOf, kindOf, lookOf, nameOf, zoomed } from "./files.ts";

function line(id: string, kind: Line["kind"], more: object = {}, details: object = {}): Line {
  const file = { state: "stored", bytes: 10, ...more };
  return {
    id,
    seq: 1,
    kind,
    author: { kind: "customer" },
    content: { details: { type: "file", ...details } },
    file,
  } as unknown as Line;
}

test("pictures, films and PDF documents are looked at; others are saved", () => {
  expect(lookOf(line("1", "image"))).toBe("picture");
  expect(lookOf(line("1", "video"))).toBe("video");
  expect(lookOf(line("1", "document", {}, { name: "Invoice.PDF" }))).toBe("pdf");
  expect(lookOf(line("1", "document", {}, { media_type: "application/pdf; x=1" }))).toBe("pdf");
  expect(lookOf(line("1", "document", {}, { name: "list.xlsx" }))).toBe(undefined);
  expect(lookOf(line("1", "voice"))).toBe(undefined);
  expect(lookOf(line("1", "image", { state: "expired" }))).toBe(undefined);
  const revoked = {
    ...line("1", "image"),
    amended: { revoked: { at: "2026-01-01T00:00:00Z" } },
  } as unknown as Line;
  expect(lookOf(revoked)).toBe(undefined);
});

test("a file says what it is by its ending, else by its type, and never more", () => {
  expect(kindOf(line("1", "document", {}, { name: "a/b/list.xlsx" }))).toBe("XLSX");
  expect(nameOf(line("1", "document", {}, { name: "a/b/list.xlsx" }))).toBe("list.xlsx");
  expect(kindOf(line("1", "image", {}, { media_type: "image/jpeg" }))).toBe("JPEG");
  expect(
    kindOf(line("1", "document", {}, { name: "noending", media_type: "application/vnd.ms-excel" })),
  ).toBe(undefined);
});

test("arrows go through what can be looked at, and a line of elsewhere stands alone", () => {
  const all = [
    line("1", "image"),
    line("2", "voice"),
    line("3", "document", {}, { name: "a.pdf" }),
  ];
  const of = (line: Line): CustomerFile => ({ conversation_id: "c", line });
  const beside = (line: Line) => filesBeside(all.map(of), of(line)).map((file) => file.line.id);
  expect(beside(all[2] as Line)).toEqual(["1", "3"]);
  expect(beside(line("9", "image"))).toEqual(["9"]);
  expect(zoomed(1, -1)).toBe(1);
  expect(zoomed(8, 1)).toBe(8);
});

test("a card lists what can be opened or saved, the newest first", () => {
  const all = [
    line("1", "image"),
    line("2", "document", {}, { name: "list.xlsx" }),
    line("3", "image", { state: "expired" }),
    line("4", "sticker"),
    line("5", "voice"),
  ];
  expect(filesOf(all).map(({ id }) => id)).toEqual(["5", "2", "1"]);
});
