// The letters of a table, however it was saved. Spreadsheets write UTF-8, "Unicode text" (UTF-16),
// or what Windows wrote before both.

/** What Windows-1252 has from 0x80 on, where Latin-1 has controls. It leaves five of them free. */
const WINDOWS = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008DŽ\u008F\u0090‘’“”•–—˜™š›œ\u009DžŸ";

/** The text of a file, or none where its bytes are no text. */
export function lettersOf(bytes: Uint8Array): string | undefined {
  const wide = wideOf(bytes);
  if (wide !== undefined) return read(wide, bytes);
  return read("utf-8", bytes) ?? Array.from(bytes, windows).join("");
}

const windows = (byte: number): string => WINDOWS[byte - 0x80] ?? String.fromCharCode(byte);

/** Letters of two bytes begin with a mark, or with one byte of nothing: the first is a Latin one. */
function wideOf([first, second]: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  if (first === undefined || second === undefined) return undefined;
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return "utf-16le";
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0)) return "utf-16be";
  return undefined;
}

function read(encoding: string, bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Whether letters were lost before, or were never any: no name has such. */
export const isGarbled = (text: string): boolean =>
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000E-\u001F\u007F-\u009F\uFFFD]/.test(text);
