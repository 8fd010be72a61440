// Colours are computed, not chosen by eye: text can be read in both themes, and older browsers get
// the same values.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const read = (file: string) => readFileSync(join(import.meta.dirname, file), "utf8");
const TOKENS = read("tokens.css");
const FALLBACK = read("tokens-fallback.css");
const THEMES = ["light", "dark"] as const;
type Theme = (typeof THEMES)[number];

const PAIR = /light-dark\(\s*(oklch\([^()]*\))\s*,\s*(oklch\([^()]*\))\s*\)/g;
const tidy = (text: string) => text.replace(/\s+/g, " ").trim();

/** Every token of colour, as one theme has it. */
function tokens(theme: Theme): Map<string, string> {
  const [root = ""] = TOKENS.split("\n}\n");
  const of = (value: string) => value.replace(PAIR, theme === "light" ? "$1" : "$2");
  const all = [...root.matchAll(/(--[\w-]+):\s*([^;]+);/g)];
  return new Map(
    all
      .map(([, name, value]) => [name ?? "", tidy(of(value ?? ""))] as const)
      .filter(([, value]) => value.includes("oklch(")),
  );
}

function fallback(theme: Theme): Map<string, string> {
  const begin = theme === "light" ? "  :root {" : '  :root[data-theme="dark"] {';
  const block = FALLBACK.split(begin)[1]?.split("}")[0] ?? "";
  return new Map(
    [...block.matchAll(/(--[\w-]+):\s*([^;]+);/g)].map(([, a, b]) => [a ?? "", tidy(b ?? "")]),
  );
}

/** Relative luminance (WCAG) of an opaque oklch colour. */
function luminance(colour: string): number {
  const [L = 0, C = 0, h = 0] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  const [a, b] = [C * Math.cos((h * Math.PI) / 180), C * Math.sin((h * Math.PI) / 180)];
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const clip = (value: number) => Math.min(1, Math.max(0, value));
  const red = clip(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s);
  const green = clip(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s);
  const blue = clip(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

const TEXT: [string, string[]][] = [
  ["ink", ["bg", "surface", "surface-2", "surface-3", "raised", "bubble-in", "bubble-out", "mark"]],
  ["ink-2", ["bg", "surface", "surface-2", "surface-3", "raised", "bubble-in", "bubble-out"]],
  ["ink-3", ["bg", "surface", "surface-2", "raised", "bubble-in", "accent-soft"]],
  ["accent-ink", ["bg", "surface", "raised", "accent-soft"]],
  ["on-accent", ["accent", "accent-hover"]],
  ["note-ink", ["note"]],
  ["note-ink-2", ["note"]],
  ["on-inverse", ["inverse"]],
  ...["ok", "soon", "late", "unsure", "held"].map((status): [string, string[]] => [
    `${status}-ink`,
    [`${status}-soft`, "surface", "bg", "raised"],
  ]),
];

test.each(THEMES)("text can be read in the %s theme: 4.5 to 1", (theme) => {
  const all = tokens(theme);
  const colour = (name: string) => all.get(`--${name}`) ?? "";
  const poor = TEXT.flatMap(([ink, grounds]) =>
    grounds
      .map((ground) => [ink, ground, contrast(colour(ink), colour(ground))] as const)
      .filter(([, , found]) => !(found >= 4.5)),
  );
  expect(poor).toEqual([]);
});

test.each(THEMES)("edges of controls can be seen in the %s theme: 3 to 1", (theme) => {
  const all = tokens(theme);
  for (const ground of ["bg", "surface", "raised"]) {
    const found = contrast(all.get("--line-strong") ?? "", all.get(`--${ground}`) ?? "");
    expect(found, ground).toBeGreaterThanOrEqual(3);
  }
});

test("the measure tells black from white, and a colour from itself", () => {
  expect(contrast("oklch(0 0 0)", "oklch(1 0 0)")).toBeCloseTo(21, 1);
  expect(contrast("oklch(0.5 0.1 20)", "oklch(0.5 0.1 20)")).toBe(1);
});

test.each(THEMES)("older browsers get the same colours in the %s theme", (theme) => {
  const [now, before] = [tokens(theme), fallback(theme)];
  expect(before.size).toBeGreaterThan(45);
  for (const [name, value] of before) expect(value, name).toBe(now.get(name));
  const both = [...tokens("light")].filter(([name, value]) => tokens("dark").get(name) !== value);
  expect(both.filter(([name]) => !before.has(name))).toEqual([]);
});

test("what is marked has the ink that was measured on it, whatever it stands in", () => {
  const [rule = ""] = /^mark \{.*\}$/m.exec(read("app.css")) ?? [];
  expect(rule).toContain("color: var(--ink);");
  expect(rule).toContain("background: var(--mark);");
});

test("components use tokens, and no colour of their own", () => {
  const own = read("app.css")
    .split("\n")
    .filter(
      (line) =>
        line.includes("oklch(") && !line.startsWith(".av") && !line.includes("oklch(1 0 0 /"),
    );
  expect(own).toEqual([]);
});
