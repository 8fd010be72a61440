// Writes the app's words, in Kotlin: a table of names, and of each language its sentences.
import { CATEGORIES, LANGUAGES, Wrong, readModule } from "./read.mjs";
import { NAMED } from "./typescript.mjs";

const FILES = { en: "English", es: "Spanish", pt: "Portuguese", ar: "Arabic" };
const HEAD = `// Made from words/app.words by words/words.mjs; not edited by hand.

package app.baton.app.words

`;

const modules = new Map();
/** The sentences of a module, by path. */
function pathsOf(name) {
  if (!modules.has(name)) {
    modules.set(name, new Map(readModule(name).map((one) => [one.path.join("/"), one])));
  }
  return modules.get(name);
}

/** The sentence that a reference means: of a part of the console, or else of what all of it says. */
function meant({ at, of, isCount }, parts) {
  const [first, ...rest] = of;
  const [name, path] = parts.includes(first) ? [first, rest] : ["desk", of];
  const found = pathsOf(name).get(path.join("/"));
  if (found === undefined) throw new Wrong(`${at}: there is no ${of.join("/")}`);
  if (found.isList) throw new Wrong(`${at}: ${of.join("/")} is a list`);
  return { ...found, isCount };
}

/** A text with its slots by number. The app says it of others: it has words of its own for "you". */
function textOf(one, language, parts) {
  const said = parts.map((part) => {
    if (typeof part === "string") return part;
    const n = one.slots.findIndex((slot) => slot.name === part.name);
    if (n < 0) throw new Wrong(`${one.at}: the app does not know ${part.name}`);
    return part.as === undefined ? `{${n}}` : NAMED[language][part.as][1].replace("{}", `{${n}}`);
  });
  return said.join("").replace(/[\u2068\u2069]/g, "");
}

/** The forms of a sentence that counts, in the order of the language's categories. */
function formsOf(one, language) {
  const forms = one.said[language];
  const text = (form) => textOf(one, language, forms[form] ?? forms.other ?? forms[""]);
  return one.isCount ? CATEGORIES[language].map(text) : [text("")];
}

const quoted = (texts) => JSON.stringify(texts.join("|")).replaceAll("$", "\\$");

/** Every file, by its name. */
export function kotlin(parts) {
  const all = readModule("app").map((one) => {
    const sentence = one.of === undefined ? { ...one, isCount: false } : meant(one, parts);
    return [one.path.at(-1), sentence];
  });
  const names = all.map(([name]) => `    ${name},\n`).join("");
  const made = { "Word.kt": `${HEAD}/** The name of every sentence of the app. */\nenum class Word {\n${names}}\n` };
  for (const language of LANGUAGES) {
    const texts = all.map(([name, one]) => `    /* ${name} */ ${quoted(formsOf(one, language))},\n`).join("");
    const about = "/** Every sentence, in the order of their names. Forms of a plural stand between bars. */";
    const table = FILES[language].toLowerCase();
    made[`${FILES[language]}.kt`] = `${HEAD}${about}\ninternal val ${table}: Array<String> = arrayOf(\n${texts})\n`;
  }
  return made;
}
