// What people type, found in names, numbers and texts: without case, accents and vowel signs, in
// whatever form and script, its words in any order. As `domain::fold` and `domain::find` do it; both
// are held against `protocol/fixtures/find.cases.json`.

/** What says nothing about which word it is: accents, points, and what cannot be seen. */
const DROPPED = new RegExp(
  "[" +
    // Latin, Greek, Cyrillic.
    "\\u0300-\\u036f\\u0483-\\u0489\\u1ab0-\\u1aff\\u1dc0-\\u1dff\\u20d0-\\u20ff\\ufe20-\\ufe2f\\u00b7" +
    // Hebrew.
    "\\u0591-\\u05bd\\u05bf\\u05c1\\u05c2\\u05c4\\u05c5\\u05c7" +
    // Arabic and Syriac.
    "\\u0610-\\u061a\\u0640\\u064b-\\u065f\\u0670\\u06d6-\\u06dc\\u06df-\\u06e4\\u06e7\\u06e8" +
    "\\u06ea-\\u06ed\\u0711\\u0730-\\u074a\\u0898-\\u089f\\u08ca-\\u08e1\\u08e3-\\u08ff" +
    // Not seen.
    "\\u00ad\\u061c\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f" +
    "\\ufe00-\\ufe0f\\ufeff\\u{e0000}-\\u{e0fff}]",
  "gu",
);

/** What has no decomposition and is written for each other nevertheless. */
const PLAIN: Record<string, string> = {
  ı: "i",
  đ: "d",
  ð: "d",
  ø: "o",
  ł: "l",
  ħ: "h",
  ŧ: "t",
  æ: "ae",
  œ: "oe",
  ß: "ss",
  þ: "th",
  ς: "σ",
  ך: "כ",
  ם: "מ",
  ן: "נ",
  ף: "פ",
  ץ: "צ",
  ٱ: "ا",
  ى: "ي",
  ی: "ي",
  ے: "ي",
  ک: "ك",
  ة: "ه",
  ہ: "ه",
  ھ: "ه",
  ۃ: "ه",
  "\u2018": "'",
  "\u2019": "'",
  "\u02bc": "'",
  "\u2212": "-",
};

/** A digit of whatever script; ten follow each other in all of them, and their zeros end so. */
function digit(c: string): string {
  const at = c.codePointAt(0) ?? 0;
  let zero = at;
  while (at - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return String((at - zero) % 10);
}

/** What has a plain form, digits and katakana among it. */
const ODD = new RegExp(
  `[${Object.keys(PLAIN).join("")}\\u2010-\\u2015ァ-ヶヽヾ]|(?![0-9])\\p{Nd}`,
  "gu",
);

function plain(c: string): string {
  const found = PLAIN[c];
  if (found !== undefined) return found;
  if (/[\u2010-\u2015]/.test(c)) return "-";
  if (/[ァ-ヶヽヾ]/.test(c)) return String.fromCodePoint((c.codePointAt(0) ?? 0) - 0x60);
  return /\p{Nd}/u.test(c) ? digit(c) : c;
}

const katakana = (c: string) =>
  /[ぁ-ゖゝゞ]/.test(c) ? String.fromCodePoint((c.codePointAt(0) ?? 0) + 0x60) : c;

/** Printable letters and signs of ASCII, with single blanks between them. */
const SIMPLE = /^[!-~]+(?: [!-~]+)*$/;

/** One text for all ways to write the same. Plain letters are the most by far, and the fastest. */
export function fold(text: string): string {
  if (SIMPLE.test(text)) return text.toLowerCase();
  const bared = text.normalize("NFKD").replace(DROPPED, "").toLowerCase();
  if (SIMPLE.test(bared)) return bared;
  const folded = bared.replace(ODD, plain);
  // The voicing of kana is a part of the letter.
  const voiced = folded.replace(
    /([^\u3099\u309a])([\u3099\u309a])/gu,
    (both, kana: string, mark: string) => {
      const whole = (katakana(kana) + mark).normalize("NFC");
      return [...whole].length === 1 ? plain(whole) : both;
    },
  );
  return voiced.replace(/\s+/gu, " ").trim();
}

/** Scripts that are written without blanks between words. */
const RUN =
  "\\u0e00-\\u0eff\\u1000-\\u109f\\ua9e0-\\ua9ff\\uaa60-\\uaa7f\\u1780-\\u17ff\\u1950-\\u19df" +
  "\\u1a20-\\u1aaf\\uaa80-\\uaadf\\u1b00-\\u1b7f\\ua980-\\ua9df\\u3005-\\u3007\\u3021-\\u3029" +
  "\\u3040-\\u312f\\u31a0-\\u31bf\\u31f0-\\u31ff\\u3400-\\u9fff\\ua000-\\ua4cf\\uf900-\\ufaff" +
  "\\u{1b000}-\\u{1b16f}\\u{20000}-\\u{3ffff}";
const WORDS = new RegExp(
  `(?:(?=[${RUN}])[\\p{Alphabetic}\\p{N}]\\p{M}*)+` +
    `|(?:(?![${RUN}])[\\p{Alphabetic}\\p{N}]\\p{M}*)+`,
  "gu",
);

/** The words of a folded text; what has no blanks is one. */
export const words = (folded: string): string[] => folded.match(WORDS) ?? [];

/** An Arabic word is found with and without its article. */
const bare = (word: string) => word.replace(/^(?:ال|وال|بال|كال|فال|لل)(?=...)/u, "");

/** What may stand within a code, such as the number of an order. */
const BETWEEN = "[ \\-./_#]";
/** Words that may be one code: a blank parts two words of the language that have no digit. */
const CODE = new RegExp(
  `^[\\p{Alphabetic}\\p{N}\\p{M}]+(?:${BETWEEN}{1,3}[\\p{Alphabetic}\\p{N}\\p{M}]+)+$`,
  "u",
);
const HAS_RUN = new RegExp(`[${RUN}]`, "u");
const CODE_MIN = 5;
const CODE_MAX = 32;
/** Letters without a digit that a code has between blanks, at most: more are a word. */
const LETTERS_MAX = 3;
const squeezed = (folded: string) => folded.replace(/[ \-./_#]+/gu, "");
const isCode = (text: string) => /[0-9]/.test(text);

/** The code that a typed text is, if it has several parts. */
function codeOf(folded: string): string | undefined {
  if (!CODE.test(folded) || HAS_RUN.test(folded) || !isCode(folded)) return undefined;
  const parted = folded.split(" ");
  const isOne = parted.every(
    (one, at) =>
      isCode(one) || (one.length <= LETTERS_MAX && (at === 0 || isCode(parted[at - 1] ?? ""))),
  );
  const code = squeezed(folded);
  return isOne && code.length >= CODE_MIN && code.length <= CODE_MAX ? code : undefined;
}

/** A code of several parts, and the places of these among all parts. */
interface Code {
  text: string;
  from: number;
  to: number;
}

/** The codes that were typed: the whole text, else what stands between its blanks. */
function codesOf(folded: string): Code[] {
  const whole = codeOf(folded);
  if (whole !== undefined) return [{ text: whole, from: 0, to: Infinity }];
  const found: Code[] = [];
  let from = 0;
  for (const token of folded.split(" ")) {
    const to = from + words(token).length;
    const text = codeOf(
      token.replace(/^[^\p{Alphabetic}\p{N}]+|[^\p{Alphabetic}\p{N}\p{M}]+$/gu, ""),
    );
    if (text !== undefined) found.push({ text, from, to });
    from = to;
  }
  return found;
}

const WORDS_MAX = 8;
/** Digits of a number that are worth looking for. */
const DIGITS_MIN = 3;
/** Digits of a number that is looked for in texts. */
const NUMBER_MIN = 7;
const COUNTRY_MAX = 3;
const NUMBER_MAX = 20;

/** What a number may mean, as it was typed first: without what is dialled before it. */
function numbersOf(folded: string): string[] {
  if (!/^[\d +\-()./]*\d[\d +\-()./]*$/.test(folded)) return [];
  const typed = folded.replace(/\D/g, "");
  const only = folded.replaceAll("(0)", "").replace(/\D/g, "");
  const meant = [only.replace(/^0+/, "")];
  if (/^8\d{10}$/.test(only)) meant.push(only.slice(1));
  if (/^011\d{8,15}$/.test(only)) meant.push(only.slice(3));
  return [typed, ...meant.filter((one) => one.length >= DIGITS_MIN && one !== typed)];
}

/** The digits of each stretch of a folded text that may be a number. */
function* numbersIn(folded: string): Generator<string> {
  // A zero in brackets is dialled at home alone.
  const groups = folded.replaceAll("(0)", ")").matchAll(/(\D*)(\d+)/g);
  let open: string[] = [];
  for (const [, between = "", group = ""] of groups) {
    if (!/^[ +\-()./]{1,3}$/.test(between)) open = [];
    open.push(group);
    let digits = "";
    for (let at = open.length - 1; at >= 0 && digits.length <= NUMBER_MAX; at -= 1) {
      digits = `${open[at] ?? ""}${digits}`;
      yield digits.replace(/^0+/, "");
    }
  }
}

/** What was typed, as parts of names, numbers and texts. */
export interface Typed {
  /** Nothing was typed: everything is it. */
  isAll: boolean;
  folded: string;
  parts: string[];
  numbers: string[];
  codes: Code[];
}

export function typed(text: string): Typed {
  const folded = fold(text);
  const found = words(folded).slice(0, WORDS_MAX);
  // Nothing but signs: names can have these as well.
  const parts = found.length > 0 || folded === "" ? found : [folded];
  const [numbers, codes] = [numbersOf(folded), codesOf(folded)];
  return { isAll: folded === "", folded, parts, numbers, codes };
}

const has = (folded: string, { parts }: Typed) => parts.every((part) => folded.includes(part));

/** Whether it is this name. */
export const isName = (name: string, wanted: Typed): boolean => has(fold(name), wanted);

/** Whether it is this number; few digits are in too many to say so. */
export const isNumber = (phone: string, { numbers }: Typed): boolean =>
  (numbers[0] ?? "").length >= DIGITS_MIN && numbers.some((number) => phone.includes(number));

/** Whether a text has all parts, or the number; the parts of a code may stand together. */
export function isIn(text: string, { parts, numbers, codes }: Typed): boolean {
  const folded = fold(text);
  const together = squeezed(folded);
  const found = codes.filter((code) => together.includes(code.text));
  const isThere = (part: string, at: number) =>
    folded.includes(bare(part)) ||
    (isCode(part) && together.includes(bare(part))) ||
    found.some(({ from, to }) => at >= from && at < to);
  if (parts.every(isThere)) return true;
  const long = numbers
    .map((one) => one.replace(/^0+/, ""))
    .filter((one) => one.length >= NUMBER_MIN);
  const most = Math.max(0, ...long.map((one) => one.length)) + COUNTRY_MAX;
  for (const said of long.length === 0 ? [] : numbersIn(folded)) {
    if (said.length < NUMBER_MIN || said.length > most) continue;
    if (long.some((one) => said.endsWith(one) || one.endsWith(said))) return true;
  }
  return false;
}

/** How well a name is what was typed; 0 is best, undefined is no match. */
export function rank(name: string, wanted: Typed): 0 | 1 | 2 | undefined {
  if (wanted.isAll) return 0;
  const folded = fold(name);
  if (!has(folded, wanted)) return undefined;
  if (folded.startsWith(wanted.folded)) return 0;
  const all = words(folded);
  return wanted.parts.every((part) => all.some((word) => word.startsWith(part))) ? 1 : 2;
}
