// A text as WhatsApp shows it: bold, slanted, struck and fixed letters, lists, quotes, links. It is
// read into a tree, which is drawn node by node: nothing that somebody wrote becomes markup.

import { type Link, linksIn } from "./links.ts";

export type Mark =
  | { kind: "text"; text: string }
  | { kind: "code"; text: string }
  | ({ kind: "link" } & Pick<Link, "text" | "href">)
  | { kind: "bold"; of: Mark[] }
  | { kind: "italic"; of: Mark[] }
  | { kind: "strike"; of: Mark[] };

export type Block =
  | { kind: "lines"; of: Mark[] }
  | { kind: "quote"; of: Mark[] }
  | { kind: "fixed"; text: string }
  | { kind: "list"; items: Mark[][]; from?: number };

const KINDS = { "*": "bold", _: "italic", "~": "strike" } as const;
type Sign = keyof typeof KINDS;
const FENCE = "```";

/** The blocks of a text, in their order. Their texts together are what was written, less the signs. */
export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let at = 0;
  for (let from = 0; ;) {
    const begin = text.indexOf(FENCE, from);
    const end = begin < 0 ? -1 : text.indexOf(FENCE, begin + FENCE.length);
    if (end < 0) break;
    from = end + FENCE.length;
    const inside = text.slice(begin + FENCE.length, end);
    // On one line it stands among the other words.
    if (!inside.includes("\n") || inside.trim() === "") continue;
    byLine(text.slice(at, begin).replace(/\n$/, ""), blocks);
    blocks.push({ kind: "fixed", text: inside.replace(/^\n|\n$/g, "") });
    at = text[from] === "\n" ? from + 1 : from;
  }
  byLine(text.slice(at), blocks);
  return blocks;
}

const QUOTED = /^> +(?=\S)/;
const ITEM = /^[*-] +(?=\S)/;
const NUMBERED = /^(\d{1,3})\. +(?=\S)/;

function byLine(text: string, blocks: Block[]) {
  if (text === "") return;
  const first = blocks.length;
  for (const line of text.split("\n")) {
    const last = blocks.length > first ? blocks.at(-1) : undefined;
    const numbered = NUMBERED.exec(line);
    if (numbered !== null || ITEM.test(line)) {
      const item = marksOf(line.replace(numbered === null ? ITEM : NUMBERED, ""));
      const isSame = last?.kind === "list" && (last.from === undefined) === (numbered === null);
      if (isSame) last.items.push(item);
      else if (numbered === null) blocks.push({ kind: "list", items: [item] });
      else blocks.push({ kind: "list", items: [item], from: Number(numbered[1]) });
      continue;
    }
    const kind = QUOTED.test(line) ? "quote" : "lines";
    const of = marksOf(kind === "quote" ? line.replace(QUOTED, "") : line);
    if (last?.kind === kind) last.of.push({ kind: "text", text: "\n" }, ...of);
    else blocks.push({ kind, of });
  }
}

const isSign = (letter: string): letter is Sign => letter in KINDS;
/** Beside a sign that opens or closes: an end, a blank, or what is neither letter nor digit. */
const isEdge = (letter: string) => !/[\p{L}\p{N}]/u.test(letter);
const isBlank = (letter: string) => letter.trim() === "";

/** A sign that was opened, and what stands in it so far. */
interface Open {
  sign: Sign | "";
  of: Mark[];
}

/** The marks of one line, in one pass. A sign that is never closed is what it is. */
export function marksOf(line: string): Mark[] {
  const links = linksIn(line);
  const open: Open[] = [{ sign: "", of: [] }];
  const top = () => open.at(-1) as Open;
  const say = (text: string) => {
    const last = top().of.at(-1);
    if (last?.kind === "text") last.text += text;
    else if (text !== "") top().of.push({ kind: "text", text });
  };
  /** What was opened and not closed stands as it was written. */
  const fold = () => {
    const { sign, of } = open.pop() as Open;
    say(sign);
    for (const mark of of) mark.kind === "text" ? say(mark.text) : top().of.push(mark);
  };
  let [at, next, hasCode] = [0, 0, line.includes("`")];
  while (at < line.length) {
    const link = links[next];
    if (link?.at === at) {
      const { text, href } = link;
      top().of.push({ kind: "link", text, href });
      [at, next] = [at + text.length, next + 1];
      continue;
    }
    const code = hasCode && line[at] === "`" ? codeAt(line, at) : undefined;
    if (code !== undefined) {
      top().of.push({ kind: "code", text: code.text });
      at = code.end;
      while ((links[next]?.at ?? Infinity) < at) next += 1;
      continue;
    }
    // Without another one, nothing further is looked for.
    if (hasCode && line[at] === "`") hasCode = line.indexOf("`", at + 1) >= 0;
    const sign = line[at] ?? "";
    if (!isSign(sign)) {
      const stop = endOfWords(line, at + 1, links[next]?.at ?? line.length);
      say(line.slice(at, stop));
      at = stop;
      continue;
    }
    const [before, after] = [line[at - 1] ?? "", line[at + 1] ?? ""];
    const opened = open.findIndex((one) => one.sign === sign);
    const isClosing = opened > 0 && !isBlank(before) && before !== sign && isEdge(after);
    if (isClosing) {
      while (open.length - 1 > opened) fold();
      const { of } = open.pop() as Open;
      top().of.push({ kind: KINDS[sign], of });
    } else if (opened < 0 && isEdge(before) && !isBlank(after) && after !== sign) {
      open.push({ sign, of: [] });
    } else say(sign);
    at += 1;
  }
  while (open.length > 1) fold();
  return top().of;
}

/** Where the next letter stands that may be a sign: at the latest where these words end. */
function endOfWords(line: string, from: number, end: number): number {
  let at = from;
  while (at < end && line[at] !== "`" && !isSign(line[at] ?? "")) at += 1;
  return at;
}

/** Letters of one width that begin here, between one sign or three. */
function codeAt(line: string, at: number): { text: string; end: number } | undefined {
  for (const fence of [FENCE, "`"]) {
    if (!line.startsWith(fence, at)) continue;
    const from = at + fence.length;
    const end = line.indexOf(fence, from);
    const text = end < 0 ? "" : line.slice(from, end);
    if (text.trim() !== "") return { text, end: end + fence.length };
  }
  return undefined;
}
