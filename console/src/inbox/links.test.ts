import { expect, test } from "vitest";
import { otherHost, partsOf } from "./links.ts";

const links = (text: string) => partsOf(text).flatMap(({ text: shown, href }) => (href === undefined ? [] : [[shown, href]]));
const whole = (text: string) => partsOf(text).map((part) => part.text).join("");

test("links lead where they say, and the sentence around them is none of theirs", () => {
  for (const [text, ...found] of [
    ["See https://shop.example/o/45.", "https://shop.example/o/45"],
    ["(https://shop.example/a_(b))", "https://shop.example/a_(b)"],
    ["https://shop.example/?q=1&r=2#top!", "https://shop.example/?q=1&r=2#top"],
    ["*https://shop.example* and http://b.example/x,", "https://shop.example", "http://b.example/x"],
    ["www.shop.example", "www.shop.example"],
    ["HTTPS://Shop.Example/Ä", "HTTPS://Shop.Example/Ä"],
    ["اطلب من https://shop.example/طلب.", "https://shop.example/طلب"],
    ["a\nhttps://shop.example\nb", "https://shop.example"],
  ]) {
    expect(links(text ?? "").map(([shown]) => shown), text).toEqual(found);
    expect(whole(text ?? "")).toBe(text);
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
    "ana@www.shop.example",
    `https://shop.example/${"a".repeat(2_000)}`,
  ]) {
    expect(links(text), text).toEqual([]);
    expect(whole(text)).toBe(text);
  }
});

test("a host of letters that look like others is told", () => {
  const [part] = partsOf("https://p\u0430ypal.example/");
  expect(part === undefined ? "" : otherHost(part)).toBe("xn--pypal-4ve.example");
  const [plain] = partsOf("https://Shop.example/x");
  expect(plain === undefined ? "" : otherHost(plain)).toBe(undefined);
});

test("a text of links, or of one letter, is cut in no time", () => {
  const many = "https://shop.example/a ".repeat(500);
  expect(links(many)).toHaveLength(200);
  expect(whole(many)).toBe(many);
  for (const long of ["www.".repeat(20_000), "(".repeat(100_000), `https://a.example/${")".repeat(4_000)}`]) {
    const begun = performance.now();
    expect(whole(long)).toBe(long);
    expect(performance.now() - begun).toBeLessThan(1_000);
  }
});
