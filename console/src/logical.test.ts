// Arabic needs no rules of its own: what the pages lay out has a beginning and an end, no left and
// no right. A shorthand of four values is physical too, unless both sides are alike.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const SIDES =
  /^(margin|padding|inset|border-width|border-style|border-color|scroll-margin|scroll-padding)$/;
const NAMED =
  /^(left|right|(margin|padding|border|scroll-margin|scroll-padding)-(left|right)\b.*|border-(top|bottom)-(left|right)-radius)$/;
const WORDS = /^(text-align|float|clear)$/;

/** The values of a shorthand; what stands in brackets is one. */
function valuesOf(value: string): string[] {
  const [all, depth] = [[""], { now: 0 }];
  for (const letter of value.replace("!important", "").trim()) {
    if (letter === "(") depth.now += 1;
    if (letter === ")") depth.now -= 1;
    if (/\s/.test(letter) && depth.now === 0) all.push("");
    else all.push((all.pop() ?? "") + letter);
  }
  return all.filter((one) => one !== "");
}

function isPhysical(name: string, value: string): boolean {
  if (NAMED.test(name)) return true;
  if (WORDS.test(name)) return /\b(left|right)\b/.test(value);
  const values = valuesOf(value);
  if (SIDES.test(name)) return values.length === 4 && values[1] !== values[3];
  if (name !== "border-radius") return false;
  // From the upper left corner on, clockwise.
  const [a, b = a, c = a, d = b] = values;
  return a !== b || c !== d;
}

/** Declarations that know left from right. */
function physical(css: string): string[] {
  const bare = css.replace(/\/\*[\s\S]*?\*\//g, "");
  return [...bare.matchAll(/(?<=[{;]\s*)([a-z-]+)\s*:\s*([^;{}]+)(?=[;}])/g)]
    .filter(([, name = "", value = ""]) => isPhysical(name, value))
    .map(([, name = "", value = ""]) => `${name}: ${value.trim()}`);
}

test("left and right are found, also in shorthands", () => {
  const bad = [
    "margin: 0.35em -2px -3px var(--s-3)",
    "padding: 0 calc(1px + 2px) 0 3px",
    "border-radius: 1px 2px 2px 1px",
    "margin-left: 1px",
    "left: 0",
    "text-align: right",
    "float: left",
  ];
  const good = [
    "margin: 0 1px 2px",
    "padding: 1px 2px 3px 2px",
    "border-radius: 2px 2px 0 0",
    "inset-inline-start: 0",
    "text-align: start",
    "float: inline-end",
  ];
  expect(physical(`a { ${[...bad, ...good].join("; ")}; }`)).toEqual(bad);
});

test("no page knows left from right", () => {
  const found: string[] = [];
  for (const file of readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })) {
    if (!/\.(css|svelte)$/.test(file)) continue;
    const text = readFileSync(join(import.meta.dirname, file), "utf8");
    const css = file.endsWith(".css") ? text : (/<style>([\s\S]*)<\/style>/.exec(text)?.[1] ?? "");
    found.push(...physical(css).map((one) => `${file}: ${one}`));
  }
  expect(found).toEqual([]);
});
