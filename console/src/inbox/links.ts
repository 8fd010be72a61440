// Links in texts: pages, mail addresses and phone numbers. What is made a link is shown whole, as it
// was written, and leads where it says.

export interface Link {
  /** Where it stands in the text. */
  at: number;
  text: string;
  /** `https`, `http`, `mailto` or `tel`; nothing else is a link. */
  href: string;
}

/** So many links of a text are made; no sane text has more. */
const LINKS_MAX = 500;
/** Longer ones are none. */
const LINK_MAX = 2_000;
const PAGE = /(?:https?:\/\/|www\.)[^\s<>"]+/;
const MAIL = /[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}/;
/** With the code of its country; what has none could be an order as well. */
const PHONE = /(?:\+|00)[1-9](?:[ ().\u00a0\u2011/-]{0,2}\d){6,14}/;
const START = new RegExp(`(${PAGE.source})|(${MAIL.source})|(${PHONE.source})`, "gi");
/** Letters that are not seen, or turn the direction: what is read is not where it leads. */
const HIDDEN =
  /[\u0000-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFD]/;
/** It would begin inside of a word; the mark of slanted letters may stand before it. */
const INSIDE = /(?:[\p{L}\p{N}@/.:+-]|[\p{L}\p{N}]_)$/u;

export function linksIn(text: string): Link[] {
  const links: Link[] = [];
  for (const found of text.matchAll(START)) {
    if (links.length >= LINKS_MAX) break;
    const { index: at } = found;
    if (INSIDE.test(text.slice(Math.max(0, at - 2), at))) continue;
    const [whole, page, mail] = found;
    const after = text.slice(at + whole.length, at + whole.length + 1);
    const link =
      page !== undefined ? pageOf(page) : mail !== undefined ? mailOf(mail) : phoneOf(whole, after);
    if (link !== undefined) links.push({ at, ...link });
  }
  return links;
}

const ENDS = /[.,;:!?'’”»*_~`\]}…。，、！？]/u;

/** Without what ends the sentence around it. */
function trimmed(found: string): string {
  let end = found.length;
  let surplus = found.split(")").length - found.split("(").length;
  for (; end > 0; end -= 1) {
    const last = found[end - 1] ?? "";
    if (last === ")" && surplus > 0) surplus -= 1;
    else if (!ENDS.test(last)) break;
  }
  return found.slice(0, end);
}

function pageOf(found: string): Omit<Link, "at"> | undefined {
  const text = trimmed(found);
  const href = addressOf(text);
  return href === undefined ? undefined : { text, href };
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

function mailOf(found: string): Omit<Link, "at"> | undefined {
  const text = found.replace(/[-.]+$/, "");
  const isPlace = /\.[A-Za-z][A-Za-z0-9-]+$/.test(text) && !/^[.-]/.test(text);
  return isPlace
    ? { text, href: `mailto:${encodeURIComponent(text).replace("%40", "@")}` }
    : undefined;
}

function phoneOf(text: string, after: string): Omit<Link, "at"> | undefined {
  const digits = text.replace(/^00/, "+").replace(/[^\d+]/g, "");
  const fits = digits.length >= 9 && digits.length <= 16 && !/[\p{L}\p{N}@_]/u.test(after);
  return fits ? { text, href: `tel:${digits}` } : undefined;
}

/** The host where it leads, if that is not what one reads: letters that look like others. */
export function otherHost({ text, href }: Pick<Link, "text" | "href">): string | undefined {
  const { protocol, hostname } = new URL(href);
  if (!protocol.startsWith("http")) return undefined;
  return text.toLowerCase().includes(hostname) ? undefined : hostname;
}
