import { expect, test } from "vitest";
import { ACCEPT, judge, mediaType, messages } from "./attach.ts";

const MB = 1 << 20;

test("what whatsapp takes is sent as what it is, and the rest says why not", () => {
  expect(judge({ type: "image/png", size: 5 * MB })).toEqual({ kind: "image" });
  expect(judge({ type: "audio/ogg; codecs=opus", size: 9 })).toEqual({ kind: "audio" });
  expect(judge({ type: "application/pdf", size: 90 * MB })).toEqual({ kind: "document" });
  expect(judge({ type: "image/png", size: 5 * MB + 1 })).toEqual({ why: "size", bytesMax: 5 * MB });
  expect(judge({ type: "image/svg+xml", size: 9 })).toEqual({ why: "type" });
  expect(judge({ type: "", size: 9 })).toEqual({ why: "type" });
  expect(judge({ type: "text/plain", size: 0 })).toEqual({ why: "empty" });
});

test("what browsers and phones call a type is what whatsapp calls it", () => {
  for (const [type, name] of [
    ["audio/x-m4a", "audio/mp4"],
    ["audio/m4a", "audio/mp4"],
    ["audio/mp3", "audio/mpeg"],
    ["image/jpg", "image/jpeg"],
    ["AUDIO/OGG; codecs=opus", "audio/ogg; codecs=opus"],
    ["audio/opus", "audio/ogg"],
    ["video/x-m4v", "video/mp4"],
  ] as const) {
    expect(mediaType({ type })).toBe(name);
    expect(judge({ type, size: 9 })).toHaveProperty("kind");
  }
  const size = 9;
  expect(judge({ type: "", name: "Nota de voz.M4A", size })).toEqual({ kind: "audio" });
  expect(judge({ type: "application/octet-stream", name: "a.b.docx", size })).toEqual({
    kind: "document",
  });
  expect(judge({ type: "", name: "m4a", size })).toEqual({ why: "type" });
  expect(judge({ type: "image/svg+xml", name: "a.png", size })).toEqual({ why: "type" });
  const offered = ACCEPT.split(",");
  for (const one of ["audio/x-m4a", ".m4a", "image/jpg", ".opus"]) {
    expect(offered).toContain(one);
  }
});

test("a text is the caption of the first file that can have one", () => {
  const seen = { seq: 4, id: "line-4" };
  const file = (upload: string, text?: string) => ({
    type: "send",
    ...(text === undefined ? {} : { text }),
    details: { type: "file", upload },
    seen,
  });
  const [sound, photo] = [
    { id: "u1", kind: "audio" as const },
    { id: "u2", kind: "image" as const },
  ];
  expect(messages("Here", [sound, photo], { seen })).toEqual([file("u1"), file("u2", "Here")]);
  const reply = { type: "reply", text: "Here", seen };
  expect(messages("Here", [sound], { seen })).toEqual([reply, file("u1")]);
  const long = "x".repeat(1025);
  expect(messages(long, [photo], { seen })).toEqual([{ ...reply, text: long }, file("u2")]);
  expect(messages("", [photo], { seen, quoted: "line-2" })).toEqual([
    { ...file("u2"), quoted: "line-2" },
  ]);
  expect(messages("", [], { seen })).toEqual([]);
});
