// Reads the catalogue, and says where it is wrong. words/README.md tells how a file is written.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

export const LANGUAGES = ["en", "es", "pt", "ar"];
/** The forms that a number asks for; `you` is the one for who reads it, as in "gave it to you". */
export const CATEGORIES = {
  en: ["one", "other"],
  es: ["one", "other"],
  pt: ["one", "other"],
  ar: ["zero", "one", "two", "few", "many", "other"],
};
export class Wrong extends Error {}

const KEY = /^([\w.-]+)(\[\])?(?:\(([^)]*)\))?$/;
/** A sentence of another module, under a name of one's own. */
const REFERENCE = /^(\w+) < ([\w./-]+)( #)?$/;
const LINE = /^  (en|es|pt|ar)(?:\.(\w+))? = (.+)$/;

/** The sentences of a module, in order: `words/NAME.words`, or each file in `words/NAME`. */
export function readModule(name) {
  const whole = join(here, `${name}.words`);
  const files = existsSync(whole)
    ? [whole]
    : readdirSync(join(here, name)).filter((file) => file.endsWith(".words")).sort().map((file) => join(here, name, file));
  return unique(files.flatMap((file) => readText(file.slice(here.length + 1), readFileSync(file, "utf8"))));
}

/** No path is there twice. */
export function unique(sentences) {
  const known = new Map();
  for (const one of sentences) {
    const path = one.path.join("/");
    const other = known.get(path);
    if (other !== undefined) throw new Wrong(`${one.at}: ${path} is there already, at ${other}`);
    known.set(path, one.at);
  }
  return sentences;
}

/** The text of a file: sections, and in each of them its sentences. */
export function readText(file, text) {
  const sentences = [];
  let [section, isChosen, note, open] = [undefined, false, [], undefined];
  const end = () => {
    if (open !== undefined) sentences.push(checked(open));
    open = undefined;
  };
  for (const [n, line] of text.split("\n").entries()) {
    const at = `${file}:${n + 1}`;
    if (line.trim() === "") {
      end();
      note = [];
    } else if (line.startsWith("#")) {
      end();
      note.push(line.slice(1).trim());
    } else if (line.startsWith("[")) {
      end();
      // What a code of the server chooses: no source names it.
      isChosen = line.endsWith(" *]");
      section = line.slice(1, isChosen ? -3 : -1).split("/").filter((part) => part !== "");
      note = [];
    } else if (line.startsWith("  ")) {
      const found = LINE.exec(line);
      if (found === null || open === undefined) throw new Wrong(`${at}: not a line of a sentence: ${line}`);
      said(open, at, found[1], found[2], found[3]);
    } else if (REFERENCE.test(line)) {
      end();
      const [, key, of, isCount] = REFERENCE.exec(line);
      sentences.push({ at, path: [...section, key], of: of.split("/"), isCount: isCount !== undefined });
    } else {
      end();
      const place = line.indexOf(" = ");
      const head = KEY.exec(place < 0 ? line : line.slice(0, place));
      if (head === null || section === undefined) throw new Wrong(`${at}: not a key: ${line}`);
      const [, key, isList, slots = ""] = head;
      open = { at, path: [...section, key], isChosen, note: note.join(" "), isList: isList !== undefined, slots: slotsOf(at, slots), said: {} };
      note = [];
      if (place >= 0) said(open, at, "en", undefined, line.slice(place + 3));
    }
  }
  end();
  return sentences;
}

/** `name`, `count#` for a number, `names*` for several. */
function slotsOf(at, text) {
  const slots = text.split(",").map((slot) => slot.trim()).filter((slot) => slot !== "");
  return slots.map((slot) => {
    const found = /^([A-Za-z]\w*)([#*])?$/.exec(slot);
    if (found === null) throw new Wrong(`${at}: not a slot: ${slot}`);
    return { name: found[1], is: { "#": "number", "*": "several" }[found[2]] ?? "text" };
  });
}

function said(open, at, language, form = "", text) {
  open.said[language] ??= {};
  if (form in open.said[language]) throw new Wrong(`${at}: said twice`);
  open.said[language][form] = open.isList ? text.split(" | ") : partsOf(at, open.slots, text);
}

/** A text and its slots. Other braces are text: canned replies have their own. */
function partsOf(at, slots, text) {
  const plain = text.replace(/\\(u[0-9a-f]{4}|n|\\)/g, (_, code) =>
    code === "n" ? "\n" : code === "\\" ? "\\" : String.fromCharCode(Number.parseInt(code.slice(1), 16)),
  );
  const parts = [];
  let from = 0;
  for (const found of plain.matchAll(/(?<!\{)\{([\w.]+)(?:\|(\w+))?\}(?!\})/g)) {
    const [whole, name, as] = found;
    const slot = slots.find((one) => one.name === name);
    const isLimit = name.startsWith("LIMITS.");
    if (slot === undefined && !isLimit) throw new Wrong(`${at}: there is no ${name} to be said`);
    const known = isLimit ? ["chars"] : ["to", "at"];
    if (as !== undefined && !known.includes(as)) throw new Wrong(`${at}: nothing is said as ${as}`);
    parts.push(plain.slice(from, found.index), { name, as, is: isLimit ? "limit" : slot.is });
    from = found.index + whole.length;
  }
  return [...parts, plain.slice(from)].filter((part) => part !== "");
}

/** Each language says it, in the forms that it has. */
function checked(one) {
  const what = one.path.join("/");
  for (const language of LANGUAGES) {
    const forms = Object.keys(one.said[language] ?? {});
    if (forms.length === 0) throw new Wrong(`${one.at}: ${what} is not there in ${language}`);
    if (forms.includes("")) {
      if (forms.length > 1) throw new Wrong(`${one.at}: ${what} has forms and none in ${language}`);
      continue;
    }
    if (one.isList) throw new Wrong(`${one.at}: ${what} is a list and has forms`);
    if (!forms.includes("other")) throw new Wrong(`${one.at}: ${what} has no form for all others in ${language}`);
    const known = forms.includes("you") ? ["you", "other"] : CATEGORIES[language];
    const odd = forms.find((form) => !known.includes(form));
    if (odd !== undefined) throw new Wrong(`${one.at}: ${language} has no form ${odd}`);
    // In Portuguese none at all is of this form, too.
    const isWritten = language !== "ar" && one.said[language].one?.some((part) => /(?<![\d.,])1(?![\d.,]*\d)/.test(part));
    if (isWritten) throw new Wrong(`${one.at}: ${what} writes the 1 out in ${language}; let its slot say it`);
    if (byOf(one, forms) === undefined) throw new Wrong(`${one.at}: ${what} has forms and no slot for them`);
  }
  return one;
}

/** The slot that chooses the form: the first number, or the first name. */
export function byOf(one, forms) {
  const is = forms.includes("you") ? "text" : "number";
  return one.slots.find((slot) => slot.is === is)?.name;
}
