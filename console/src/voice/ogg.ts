// A voice note as WhatsApp takes it: Opus in Ogg. Some browsers record Opus in WebM alone; the sound
// is the same there, only its envelope is another. It is taken out and put into the other one.

/** Ids of the elements of WebM that lead to the sound. */
const INSIDE = new Set([0x18538067, 0x1654ae6b, 0xae, 0x1f43b675, 0xa0]);
const [CODEC_PRIVATE, SIMPLE_BLOCK, BLOCK] = [0x63a2, 0xa3, 0xa1];
const HEAD = "OpusHead";
/** Samples of Opus are counted as 48,000 in a second, whatever was recorded. */
const PER_MS = 48;

/** The bytes as Ogg; undefined where they are no Opus in WebM. */
export function oggOf(webm: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const { head, packets } = partsOf(webm);
  if (head === undefined || packets.length === 0) return undefined;
  return pagesOf(head, packets);
}

interface Parts {
  head: Uint8Array | undefined;
  packets: Uint8Array[];
}

function partsOf(bytes: Uint8Array): Parts {
  const parts: Parts = { head: undefined, packets: [] };
  let at = 0;
  while (at < bytes.length) {
    const id = numberAt(bytes, at, true);
    const size = id === undefined ? undefined : numberAt(bytes, at + id.length, false);
    if (id === undefined || size === undefined) break;
    const from = at + id.length + size.length;
    // What holds others is walked through; its size may not be known while somebody speaks.
    if (INSIDE.has(id.value)) {
      at = from;
      continue;
    }
    const to = from + size.value;
    if (to > bytes.length) break;
    if (id.value === CODEC_PRIVATE) {
      const found = bytes.subarray(from, to);
      if (textAt(found) === HEAD) parts.head = found;
    } else if (id.value === SIMPLE_BLOCK || id.value === BLOCK) {
      const track = numberAt(bytes, from, false);
      const flags = bytes[from + (track?.length ?? 0) + 2] ?? 0;
      // Opus is never laced by browsers; what is would be several packets in one.
      if (track !== undefined && (flags & 0x06) === 0) {
        parts.packets.push(bytes.subarray(from + track.length + 3, to));
      }
    }
    at = to;
  }
  parts.packets = parts.packets.filter((packet) => packet.length > 0);
  return parts;
}

const textAt = (bytes: Uint8Array) => String.fromCharCode(...bytes.subarray(0, HEAD.length));

/** A number of one to eight bytes, whose first says how many; ids keep the mark of that. */
function numberAt(
  bytes: Uint8Array,
  at: number,
  isId: boolean,
): { value: number; length: number } | undefined {
  const first = bytes[at];
  if (first === undefined || first === 0) return undefined;
  const length = Math.clz32(first) - 23;
  if (at + length > bytes.length) return undefined;
  let value = isId ? first : first & (0xff >> length);
  for (let n = 1; n < length; n += 1) value = value * 256 + (bytes[at + n] ?? 0);
  return { value, length };
}

/** How many samples a packet has, by its first bytes. */
export function samplesOf(packet: Uint8Array): number {
  const [toc = 0, second = 0] = packet;
  const config = toc >> 3;
  const ms =
    config < 12
      ? ([10, 20, 40, 60][config & 3] ?? 20)
      : config < 16
        ? ([10, 20][config & 1] ?? 20)
        : ([2.5, 5, 10, 20][config & 3] ?? 20);
  const code = toc & 3;
  const frames = code === 0 ? 1 : code === 3 ? second & 0x3f : 2;
  return ms * PER_MS * frames;
}

const SERIAL = 1;
/** Segments of a page, each of at most 255 bytes. */
const SEGMENTS_MAX = 255;

function pagesOf(head: Uint8Array, packets: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const tags = new TextEncoder().encode("OpusTags\u0005\0\0\0baton\0\0\0\0");
  const pages = [
    pageOf([head], { flags: 2, samples: 0, number: 0 }),
    pageOf([tags], { flags: 0, samples: 0, number: 1 }),
  ];
  let [held, segments, samples] = [[] as Uint8Array[], 0, 0];
  packets.forEach((packet, n) => {
    const needs = Math.floor(packet.length / 255) + 1;
    if (needs > SEGMENTS_MAX) return;
    if (segments + needs > SEGMENTS_MAX) {
      pages.push(pageOf(held, { flags: 0, samples, number: pages.length }));
      [held, segments] = [[], 0];
    }
    held.push(packet);
    segments += needs;
    samples += samplesOf(packet);
    if (n === packets.length - 1)
      pages.push(pageOf(held, { flags: 4, samples, number: pages.length }));
  });
  const whole = new Uint8Array(pages.reduce((sum, page) => sum + page.length, 0));
  let at = 0;
  for (const page of pages) {
    whole.set(page, at);
    at += page.length;
  }
  return whole;
}

function pageOf(
  packets: readonly Uint8Array[],
  of: { flags: number; samples: number; number: number },
): Uint8Array {
  const lacing = packets.flatMap(({ length }) => [
    ...Array<number>(Math.floor(length / 255)).fill(255),
    length % 255,
  ]);
  const size = packets.reduce((sum, { length }) => sum + length, 0);
  const page = new Uint8Array(27 + lacing.length + size);
  const view = new DataView(page.buffer);
  page.set(new TextEncoder().encode("OggS"));
  page[5] = of.flags;
  view.setBigInt64(6, BigInt(Math.round(of.samples)), true);
  view.setUint32(14, SERIAL, true);
  view.setUint32(18, of.number, true);
  page[26] = lacing.length;
  page.set(lacing, 27);
  let at = 27 + lacing.length;
  for (const packet of packets) {
    page.set(packet, at);
    at += packet.length;
  }
  view.setUint32(22, checksum(page), true);
  return page;
}

/** Ogg's own: the polynomial 0x04c11db7, from the highest bit on. */
const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n << 24;
  for (let bit = 0; bit < 8; bit += 1) value = (value << 1) ^ (value < 0 ? 0x04c11db7 : 0);
  return value >>> 0;
});
export function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum = ((sum << 8) ^ (TABLE[((sum >>> 24) ^ byte) & 0xff] ?? 0)) >>> 0;
  return sum;
}
