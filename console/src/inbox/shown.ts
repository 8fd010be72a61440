// What a text shows: names that show something, and names of files that say what they are. The server
// has the same rules: both are held against tables in protocol/fixtures.

/** A character that shows something; not a blank, a joiner, or a mark of direction. */
const SHOWS =
  /[^\s\p{Cc}\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\u{13430}-\u{1343f}\u{13441}\u{13442}\u{16fe4}\u{1bca0}-\u{1bca3}\u{1d159}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/u;
/** As above, but for joiners and what says how an emoji is drawn; and what no name needs. */
const HIDDEN =
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffc\u{13430}-\u{1343f}\u{13441}\u{13442}\u{16fe4}\u{1bca0}-\u{1bca3}\u{1d159}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;

/** Whether a text shows anything. */
export const shows = (text: string): boolean => SHOWS.test(text);

/** The name, if it shows anything. */
export function shown(name: string | null | undefined): string | undefined {
  return name !== null && name !== undefined && shows(name) ? name : undefined;
}

/** The name of a file without folders, in one line, and without what hides or turns its ending. */
export function fileName(given: string): string | undefined {
  const last = given.split(/[/\\]/).at(-1) ?? "";
  const name = last
    .replace(HIDDEN, "")
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
  return shows(name) && !/^\.*$/.test(name) ? name : undefined;
}
