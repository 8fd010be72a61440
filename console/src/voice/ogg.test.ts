// @vitest-environment node
import { expect, test } from "vitest";
import { checksum, oggOf, samplesOf } from "./ogg.ts";

const element = (id: number[], ...body: number[]) => [
  ...id,
  0x40 | (body.length >> 8),
  body.length & 255,
  ...body,
];
/** Whose size nobody knows yet. */
const open = (id: number[], ...body: number[]) => [
  ...id,
  0x01,
  255,
  255,
  255,
  255,
  255,
  255,
  255,
  ...body,
];
const text = (of: string) => [...of].map((letter) => letter.charCodeAt(0));
const HEAD = [...text("OpusHead"), 1, 1, 0x38, 1, 0x80, 0xbb, 0, 0, 0, 0, 0];
const block = (...packet: number[]) => element([0xa3], 0x81, 0, 0, 0x80, ...packet);
/** 20 ms in the widest band. */
const packet = (length: number) => [0xfc, ...Array<number>(length - 1).fill(7)];

function webm(...packets: number[][]): Uint8Array {
  const track = open([0xae], ...element([0xd7], 1), ...element([0x63, 0xa2], ...HEAD));
  return Uint8Array.from([
    ...element([0x1a, 0x45, 0xdf, 0xa3], 1, 2, 3),
    ...open([0x18, 0x53, 0x80, 0x67], ...open([0x16, 0x54, 0xae, 0x6b], ...track)),
    ...open(
      [0x1f, 0x43, 0xb6, 0x75],
      ...element([0xe7], 0),
      ...packets.flatMap((one) => block(...one)),
    ),
  ]);
}

/** The pages of an Ogg file: each with its own sum. */
function pages(bytes: Uint8Array) {
  const all = [];
  for (let at = 0; at < bytes.length;) {
    const view = new DataView(bytes.buffer, at);
    expect(String.fromCharCode(...bytes.subarray(at, at + 4))).toBe("OggS");
    const count = bytes[at + 26] ?? 0;
    const lacing = bytes.subarray(at + 27, at + 27 + count);
    const size = 27 + count + lacing.reduce((sum, one) => sum + one, 0);
    const blank = bytes.slice(at, at + size);
    blank.fill(0, 22, 26);
    expect(view.getUint32(22, true)).toBe(checksum(blank));
    const body = bytes.subarray(at + 27 + count, at + size);
    const packets = lacing.filter((one) => one < 255).length;
    all.push({
      flags: bytes[at + 5],
      samples: Number(view.getBigInt64(6, true)),
      number: view.getUint32(18, true),
      body,
      packets,
    });
    at += size;
  }
  return all;
}

test("sound of a browser gets the envelope that WhatsApp takes", () => {
  const ogg = oggOf(webm(packet(40), packet(255), packet(600)));
  const [head, tags, sound] = pages(ogg ?? new Uint8Array());
  expect(head).toMatchObject({ flags: 2, number: 0 });
  expect([...(head?.body ?? [])]).toEqual(HEAD);
  expect(String.fromCharCode(...(tags?.body.subarray(0, 8) ?? []))).toBe("OpusTags");
  // Three packets of 20 ms, byte for byte.
  expect(sound).toMatchObject({ flags: 4, number: 2, samples: 3 * 960, packets: 3 });
  expect([...(sound?.body ?? [])]).toEqual([...packet(40), ...packet(255), ...packet(600)]);
});

test("a long note has many pages, and each says how far it is", () => {
  const all = pages(
    oggOf(webm(...Array<number[]>(700).fill(packet(100)))) ?? new Uint8Array(),
  ).slice(2);
  expect(all.map(({ number }) => number)).toEqual([2, 3, 4]);
  expect(all.at(-1)).toMatchObject({ flags: 4, samples: 700 * 960 });
  expect(all.reduce((sum, { packets }) => sum + packets, 0)).toBe(700);
});

test("what is cut off ends there, and what is no sound is none", () => {
  const whole = webm(packet(40), packet(40));
  const cut = oggOf(whole.subarray(0, whole.length - 10));
  expect(pages(cut ?? new Uint8Array()).at(-1)).toMatchObject({ samples: 960 });
  for (const bytes of [
    new Uint8Array(),
    Uint8Array.from([0, 0, 0]),
    Uint8Array.from(text("OggS")),
    webm(),
    whole.subarray(0, 60),
  ]) {
    expect(oggOf(bytes)).toBe(undefined);
  }
});

test("a packet says how long it is", () => {
  expect(samplesOf(Uint8Array.from([0xfc]))).toBe(960);
  expect(samplesOf(Uint8Array.from([0x18]))).toBe(2880);
  expect(samplesOf(Uint8Array.from([0xfd]))).toBe(1920);
  expect(samplesOf(Uint8Array.from([0xff, 3]))).toBe(2880);
  expect(samplesOf(Uint8Array.from([0xe0]))).toBe(120);
});
