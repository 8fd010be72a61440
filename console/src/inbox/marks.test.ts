// @vitest-environment node
import { expect, test } from "vitest";
import { isLinear } from "./growth.testing.ts";
import { type Block, type Mark, blocksOf, marksOf } from "./marks.ts";

const SIGNS = { bold: "b", italic: "i", strike: "s", code: "code", link: "a" };
/** The tree, with a name around each node. */
function drawn(of: readonly Mark[]): string {
  const one = (mark: Mark) => {
    if (mark.kind === "text") return mark.text;
    return `<${SIGNS[mark.kind]}>${"of" in mark ? drawn(mark.of) : mark.text}</${SIGNS[mark.kind]}>`;
  };
  return of.map(one).join("");
}
const block = (one: Block) => {
  if (one.kind === "list") return `${one.from ?? "-"}:${one.items.map(drawn).join("|")}`;
  return `${one.kind}:${one.kind === "fixed" ? one.text : drawn(one.of)}`;
};

test("a line is drawn as WhatsApp draws it", () => {
  for (const [line, expected] of [
    [
      "*bold* _slanted_ ~struck~ `code` ```fixed```",
      "<b>bold</b> <i>slanted</i> <s>struck</s> <code>code</code> <code>fixed</code>",
    ],
    ["*bold and _both_*.", "<b>bold and <i>both</i></b>."],
    ["(*yes*), *no*!", "(<b>yes</b>), <b>no</b>!"],
    // What only looks like it.
    ["2*3*4 and snake_case_name", "2*3*4 and snake_case_name"],
    ["* no* and *no *", "* no* and *no *"],
    ["**", "**"],
    ["*never closed", "*never closed"],
    ["*a _b* c_", "<b>a _b</b> c_"],
    ["`*as it is*`", "<code>*as it is*</code>"],
    ["a ` b", "a ` b"],
    // Signs of a link are the link's; those around it are not.
    ["https://a.example/_x_/*y*", "<a>https://a.example/_x_/*y</a>*"],
    ["_https://a.example/x_", "<i><a>https://a.example/x</a></i>"],
    ["*Call +34 600 123 456*", "<b>Call <a>+34 600 123 456</a></b>"],
    [
      "`https://a.example` https://b.example",
      "<code>https://a.example</code> <a>https://b.example</a>",
    ],
    ["*مرحبا* _שלום_", "<b>مرحبا</b> <i>שלום</i>"],
    ["<b>*x*</b>", "<b><b>x</b></b>"],
  ]) {
    expect(drawn(marksOf(line ?? "")), line).toBe(expected);
  }
});

test("lists, quotes and fixed letters stand by themselves", () => {
  const text =
    "Look:\n- one\n* *two*\n3. three\n4. four\n> said\n> twice\nend\n```\na\n  b\n```\nlast";
  expect(blocksOf(text).map(block)).toEqual([
    "lines:Look:",
    "-:one|<b>two</b>",
    "3:three|four",
    "quote:said\ntwice",
    "lines:end",
    "fixed:a\n  b",
    "lines:last",
  ]);
  expect(blocksOf("1.5 kg\n-5\n>:(\n```never").map(block)).toEqual([
    "lines:1.5 kg\n-5\n>:(\n```never",
  ]);
  expect(blocksOf("a\n\nb").map(block)).toEqual(["lines:a\n\nb"]);
});

test("what never closes, and 500 links, are read in a time that grows as they do", () => {
  const units = ["*_~", "*a ", "`", "` a", "_a* ", "x", "https://a.example/b ", "> - ", "```a\n"];
  for (const unit of units)
    expect(isLinear(blocksOf, unit, Math.ceil(2_000 / unit.length)), unit).toBe(true);
  expect(
    marksOf("https://a.example/b ".repeat(500)).filter(({ kind }) => kind === "link"),
  ).toHaveLength(500);
});
