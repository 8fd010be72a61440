// Links in texts. A text is cut into parts, never into markup. What is made a link is shown whole,
// as it was written, and leads where it says.

export interface Part {
  text: string;
  /** Where it leads; none is plain text. */
  href?: string;
}

/** So many links of a text are made; no sane text has more. */
const LINKS_MAX = 200;
/** Longer ones are none. */
const LINK_MAX = 2_000;
const START = /(?:https?:\/\/|www\.)[^\s<>"]+/gi;
/** Letters that are not seen, or turn the direction: what is read is not where it leads. */
const HIDDEN = /[\u0000-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFD]/;
const LETTER_BEFORE = /[\p{L}\p{N}@/.:_-]$/u;

export function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let [at, count] = [0, 0];
  for (const found of text.matchAll(START)) {
    if (count >= LINKS_MAX) break;
    if (LETTER_BEFORE.test(text.slice(Math.max(0, found.index - 1), found.index))) continue;
    const shown = trimmed(found[0]);
    const href = addressOf(shown);
    if (href === undefined) continue;
    if (found.index > at) parts.push({ text: text.slice(at, found.index) });
    parts.push({ text: shown, href });
    at = found.index + shown.length;
    count += 1;
  }
  if (at < text.length || parts.length === 0) parts.push({ text: text.slice(at) });
  return parts;
}

/** Without what ends the sentence around it. */
function trimmed(found: string): string {
  let shown = found;
  for (;;) {
    const last = shown.at(-1) ?? "";
    const isClosing = last === ")" && shown.split(")").length > shown.split("(").length;
    if (!isClosing && !/[.,;:!?'’”»*_~\]}…。，、！？]/u.test(last)) return shown;
    shown = shown.slice(0, -1);
  }
}

function addressOf(shown: string): string | undefined {
  if (shown.length > LINK_MAX || HIDDEN.test(shown)) return undefined;
  const given = /^www\./i.test(shown) ? `https://${shown}` : shown;
  if (!URL.canParse(given)) return undefined;
  const url = new URL(given);
  // A name before @ looks like the host.
  const isPlain = url.username === "" && url.password === "" && !shown.includes("\\");
  const isWeb = url.protocol === "https:" || url.protocol === "http:";
  const hasHost = url.hostname.includes(".") || url.hostname.startsWith("[");
  return isPlain && isWeb && hasHost ? url.href : undefined;
}

/** The host where it leads, if that is not what one reads: letters that look like others. */
export function otherHost({ text, href }: Part): string | undefined {
  if (href === undefined) return undefined;
  const { hostname } = new URL(href);
  return text.toLowerCase().includes(hostname) ? undefined : hostname;
}
