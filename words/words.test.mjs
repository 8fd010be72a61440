// A catalogue that is wrong says so, with file and line.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readText, unique } from "./read.mjs";

const FOUR = "title = Inbox\n  es = Bandeja\n  pt = Caixa\n  ar = الوارد\n";
const read = (text) => unique(readText("a.words", `[list]\n${text}`));

test("a sentence is a key, and what each language says", () => {
  const [one] = read(FOUR);
  assert.deepEqual(one.path, ["list", "title"]);
  assert.deepEqual(one.said.es, { "": ["Bandeja"] });
});

test("slots are of the sentence, and other braces are text", () => {
  const [one] = read(FOUR.replace("title = Inbox", "title(name, count#) = {name}: {count} of {{customer.name}}"));
  const slots = one.said.en[""].filter((part) => typeof part !== "string").map(({ name, is }) => [name, is]);
  assert.deepEqual(slots, [["name", "text"], ["count", "number"]]);
  assert.ok(one.said.en[""].includes(" of {{customer.name}}"));
});

for (const [what, text, told] of [
  ["a language is missing", FOUR.replace("  pt = Caixa\n", ""), "a.words:2: list/title is not there in pt"],
  ["a key is there twice", FOUR + FOUR, "a.words:6: list/title is there already, at a.words:2"],
  ["a language says it twice", FOUR.replace("  pt = Caixa", "  es = Caixa"), "a.words:4: said twice"],
  [
    "a language has no such form",
    FOUR.replace("title = Inbox", "title(n#) = Inbox").replace("es = Bandeja", "es.few = {n}\n  es.other = {n}"),
    "a.words:2: es has no form few",
  ],
  [
    "the form for all others is missing",
    FOUR.replace("title = Inbox", "title(n#) = Inbox").replace("es = Bandeja", "es.one = {n}"),
    "a.words:2: list/title has no form for all others in es",
  ],
  ["there are forms and nothing that is counted", FOUR.replace("es = Bandeja", "es.one = x\n  es.other = 2"), "a.words:2: list/title has forms and no slot for them"],
  [
    "the number one is written out",
    FOUR.replace("title = Inbox", "title(n#) = Inbox").replace("pt = Caixa", "pt.one = 1 caixa\n  pt.other = {n}"),
    "a.words:2: list/title writes the 1 out in pt; let its slot say it",
  ],
  ["a slot is not known", FOUR.replace("Bandeja", "Bandeja {cuont}"), "a.words:3: there is no cuont to be said"],
  ["a line belongs to no sentence", "  es = Bandeja\n", "a.words:2: not a line of a sentence:   es = Bandeja"],
]) {
  test(`${what}: it is told`, () => assert.throws(() => read(text), { message: told }));
}
