import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Home, Setting } from "../protocol.ts";
import type { CannedReply } from "../wire.ts";
import { asked, blankFor, blanksOf, cut, put } from "./blanks.ts";
import { detailsOf, fill, offered, usable } from "./canned.ts";
import { commandsOf, thenOf } from "./then.ts";

interface Cases {
  fills: {
    about: string;
    text: string;
    values?: Record<string, string>;
    names?: Record<string, string>;
    filled: string;
    blanks: string[];
  }[];
  blanks: { text: string; blanks: string[] }[];
}
const path = join(import.meta.dirname, "../../../protocol/fixtures/fill.cases.json");
const cases = JSON.parse(readFileSync(path, "utf8")) as Cases;
const namesIn = (text: string) => blanksOf(text).map(({ name }) => name);

test.each(cases.fills)(
  "$about, as on the phone",
  ({ text, values = {}, names = {}, filled, blanks }) => {
    const known = {
      values: new Map(Object.entries(values)),
      names: new Map(Object.entries(names)),
    };
    expect(fill(text, known)).toBe(filled);
    expect(namesIn(filled)).toEqual(blanks);
    expect(
      cut(filled)
        .map((piece) => piece.text)
        .join(""),
    ).toBe(filled);
  },
);

test.each(cases.blanks)("the blanks of $text", ({ text, blanks }) => {
  expect(namesIn(text)).toEqual(blanks);
});

test("a word that names no variable is a blank, in each language of the page", () => {
  const known = { values: new Map<string, string>(), names: new Map<string, string>() };
  expect(fill("{{constructor}}", known)).toBe("⟦constructor⟧");
});

test.each([
  ["/", { from: 0, find: "" }],
  ["Hi\n/env", { from: 3, find: "env" }],
  ["see /two words", { from: 4, find: "two words" }],
  ["and/or", undefined],
  ["1 / 2", undefined],
  ["/env\n", undefined],
  ["https://a", undefined],
])("what is asked for in %j", (text, found) => {
  expect(asked(text, text.length)).toEqual(found);
});

const reply = (
  shortcut: string,
  more: Partial<CannedReply> = {},
  home: Home = { kind: "workspace" },
): Setting => ({
  kind: "canned_reply",
  id: shortcut,
  version: 1,
  home,
  rank: 0,
  body: { shortcut, title: `Title of ${shortcut}`, text: "Text", ...more },
});
const HERE = { me: "ana", team: "sales", isNote: false, uses: new Map<string, number>() };
const ids = (all: { id: string }[]) => all.map(({ id }) => id);

test("what may be used is the workspace's, the team's and one's own, in notes what is for them", () => {
  const all = [
    reply("all"),
    reply("sales", { notes: true }, { kind: "team", id: "sales" }),
    reply("workshop", {}, { kind: "team", id: "workshop" }),
    reply("mine", {}, { kind: "agent", id: "ana" }),
    reply("theirs", {}, { kind: "agent", id: "ben" }),
    { ...reply("gone"), body: null },
  ];
  expect(ids(usable(all, HERE))).toEqual(["all", "sales", "mine"]);
  expect(ids(usable(all, { ...HERE, isNote: true }))).toEqual(["sales"]);
});

test("a shortcut is found before a title, a title before a text, and the most used first", () => {
  const all = usable(
    [
      reply("later", { text: "Envíos salen mañana" }),
      reply("titled", { title: "Envío urgente" }),
      reply("envio-2"),
      reply("envio"),
      reply("other"),
      reply("tongue", { languages: { es: "¿Qué envío?" } }),
    ],
    HERE,
  );
  expect(ids(offered(all, "ENVÍ", new Map()))).toEqual([
    "envio",
    "envio-2",
    "titled",
    "later",
    "tongue",
  ]);
  expect(ids(offered(all, "envi", new Map([["envio-2", 3]])))[0]).toBe("envio-2");
  expect(ids(offered(all, "", new Map([["other", 1]])))[0]).toBe("other");
  expect(offered(all, "nothing", new Map())).toEqual([]);
});

test("a reply takes the place of what was typed, and its first blank is marked", () => {
  const at = { from: 3, find: "env" };
  const then = put("Hi /env, bye", at, "it is ⟦Order⟧ by ⟦Carrier⟧");
  expect(then.text).toBe("Hi it is ⟦Order⟧ by ⟦Carrier⟧, bye");
  expect(then.text.slice(then.from, then.to)).toBe("⟦Order⟧");
  expect(put("Hi /env", at, "there")).toEqual({ text: "Hi there", from: 8, to: 8 });
});

test("keys walk from blank to blank, and a blank is deleted as a whole", () => {
  const text = "⟦a⟧ and ⟦b⟧.";
  const [a, b] = blanksOf(text);
  expect(blankFor("Tab", text, 0, 0)).toEqual(a);
  expect(blankFor("Tab", text, 0, 3)).toEqual(b);
  // Behind the last one the key leaves the field, as everywhere.
  expect(blankFor("Tab", text, 8, 11)).toBeUndefined();
  expect(blankFor("Shift+Tab", text, 8, 11)).toEqual(a);
  expect(blankFor("Shift+Tab", text, 0, 3)).toBeUndefined();
  expect(blankFor("Backspace", text, 3, 3)).toEqual(a);
  expect(blankFor("Backspace", text, 0, 3)).toBeUndefined();
  expect(blankFor("Backspace", text, 5, 5)).toBeUndefined();
  expect(blankFor("Delete", text, 8, 8)).toEqual(b);
  expect(blankFor("Delete", text, 11, 11)).toBeUndefined();
});

test("of several replies each step is done once, and three at most", () => {
  const of = (id: string, then: CannedReply["then"]) => ({
    use: { id, version: 1 },
    then: then ?? [],
  });
  const tag = (one: string) => ({ do: "tag", tag: one }) as const;
  const picked = [
    of("a", [tag("x"), tag("y")]),
    of("b", [tag("x"), { do: "mark_waiting" }, tag("z")]),
  ];
  expect(thenOf(picked)).toEqual([tag("x"), tag("y"), { do: "mark_waiting" }]);
});

test("steps become commands that know what was seen; an outcome is found by its name", () => {
  const seen = { seq: 3, id: "line" };
  const known = {
    seen,
    now: Date.parse("2026-01-02T03:00:00Z"),
    outcomes: [{ id: "sold", name: "Sold" }],
  };
  const then = [
    { do: "tag", tag: "refund" },
    { do: "resolve", outcome: "Sold" },
    { do: "resolve", outcome: "Gone" },
    { do: "snooze", minutes: 90 },
  ] as const;
  expect(commandsOf(then, known)).toEqual([
    { type: "tag", add: ["refund"] },
    { type: "resolve", seen, outcome: "sold" },
    { type: "resolve", seen },
    { type: "snooze", until: "2026-01-02T04:30:00.000Z", seen },
  ]);
});

test("a file or buttons go with the text of a reply", () => {
  const reply = { shortcut: "a", title: "A", text: "Shall we?" };
  expect(detailsOf(reply)).toBeUndefined();
  expect(detailsOf({ ...reply, buttons: ["Yes", "No"] })).toEqual({
    type: "buttons",
    buttons: [
      { id: "1", title: "Yes" },
      { id: "2", title: "No" },
    ],
  });
  const file = {
    link: "https://shop.example/prices.pdf",
    kind: "document",
    name: "Prices.pdf",
  } as const;
  expect(detailsOf({ ...reply, file })).toEqual({ type: "file", ...file });
});
