import { expect, test } from "vitest";
import { isLinear } from "./growth.testing.ts";
import { linksIn, otherHost } from "./links.ts";

const links = (text: string) => linksIn(text).map(({ text: shown, href }) => [shown, href]);
/** Each link stands where it says. */
const isTrue = (text: string) =>
  linksIn(text).every(({ at, text: shown }) => text.slice(at, at + shown.length) === shown);

test("links lead where they say, and the sentence around them is none of theirs", () => {
  for (const [text, ...found] of [
    ["See https://shop.example/o/45.", "https://shop.example/o/45"],
    ["(https://shop.example/a_(b))", "https://shop.example/a_(b)"],
    ["https://shop.example/?q=1&r=2#top!", "https://shop.example/?q=1&r=2#top"],
    [
      "*https://shop.example* and http://b.example/x,",
      "https://shop.example",
      "http://b.example/x",
    ],
    ["www.shop.example", "www.shop.example"],
    ["HTTPS://Shop.Example/Ä", "HTTPS://Shop.Example/Ä"],
    ["اطلب من https://shop.example/طلب.", "https://shop.example/طلب"],
    ["a\nhttps://shop.example\nb", "https://shop.example"],
  ]) {
    expect(
      links(text ?? "").map(([shown]) => shown),
      text,
    ).toEqual(found);
    expect(isTrue(text ?? "")).toBe(true);
  }
  expect(links("www.shop.example")[0]?.[1]).toBe("https://www.shop.example/");
});

test("what leads elsewhere than it seems, or is no page of the web, is text", () => {
  for (const text of [
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "https://bank.example@evil.example/",
    "https://user:word@evil.example/",
    "https://bank.example\\@evil.example/",
    "https://shop.example/\u202Egpj.exe",
    "https://sh\u200Bop.example",
    "https://localhost/x",
    "https://",
    "www.",
    "mehttps://shop.example",
    `https://shop.example/${"a".repeat(2_000)}`,
  ]) {
    expect(links(text), text).toEqual([]);
  }
});

test("a host of letters that look like others is told", () => {
  const told = (text: string) => linksIn(text).map(otherHost);
  expect(told("https://p\u0430ypal.example/")).toEqual(["xn--pypal-4ve.example"]);
  expect(told("https://Shop.example/x ana@shop.example +34 600 123 456")).toEqual(
    Array(3).fill(undefined),
  );
});

test("mail addresses and numbers with their country lead to who has them", () => {
  expect(links("Write to ana.ruiz+bikes@shop.example, or call +34 600 123 456.")).toEqual([
    ["ana.ruiz+bikes@shop.example", "mailto:ana.ruiz%2Bbikes@shop.example"],
    ["+34 600 123 456", "tel:+34600123456"],
  ]);
  expect(links("(0049 151 2345678)")).toEqual([["0049 151 2345678", "tel:+491512345678"]]);
  for (const text of [
    "order 600123456",
    "2000 123456789",
    "+1",
    "+123456789012345678",
    "a@b",
    "@shop.example",
    "1.5@3.5",
  ]) {
    expect(links(text), text).toEqual([]);
  }
});

test("a text of links, or of one letter, is cut in a time that grows as it does", () => {
  expect(links("https://shop.example/a ".repeat(600))).toHaveLength(500);
  for (const [unit, times] of [
    ["www.", 10_000],
    ["(", 50_000],
    [")", 50_000],
    ["a", 50_000],
    ["a@a.", 12_500],
    ["+1 ", 15_000],
  ] as const) {
    expect(
      isLinear((text) => linksIn(`https://a.example/ ${text}`), unit, times),
      unit,
    ).toBe(true);
    expect(
      isLinear((text) => linksIn(`https://a.example/${text}`), unit, times),
      unit,
    ).toBe(true);
  }
});
