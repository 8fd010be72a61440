// Writes the console's modules of words, in TypeScript.
import { LANGUAGES, Wrong, byOf, readModule } from "./read.mjs";

/** What a name becomes within a sentence: that of who reads it first, then anybody's. */
export const NAMED = {
  es: { to: ["a ti", "a {}"], at: ["contigo", "con {}"] },
  ar: { to: ["إليك", "إلى {}"], at: ["معك", "مع {}"] },
};
/** How who reads it is called inside a sentence. */
const YOU = { en: "you", es: "tú", pt: "você", ar: "أنت" };

/** The parts of the console that load words of their own, in all languages at once. */
export const PARTS = {
  board: ["boardWords", "BoardWords"],
  calls: ["callWords", "CallWords"],
  invite: ["inviteWords", "InviteWords"],
  letters: ["letterWords", "LetterWords"],
  log: ["logWords", "LogWords"],
  "notice-page": ["noticePageWords", "NoticePageWords"],
  notices: ["noticeWords", "NoticeWords"],
  "number-health": ["numberHealthWords", "NumberHealthWords"],
  outward: ["outwardWords", "OutwardWords"],
  reminders: ["reminderWords", "ReminderWords"],
  reports: ["reportWords", "ReportWords"],
  routing: ["routingWords", "RoutingWords"],
  rules: ["ruleWords", "RuleWords"],
  sources: ["sourceWords", "SourceWords"],
  tools: ["toolWords", "ToolWords"],
  viewer: ["viewerWords", "ViewerWords"],
  welcome: ["welcomeWords", "WelcomeWords"],
  writing: ["writingWords", "WritingWords"],
};

const MADE = (from) => `// Made from ${from} by words/words.mjs; not edited by hand.\n`;
const INTL = { ar: "ar-u-nu-latn" };

/** What the module of a language needs beside its sentences. */
class Needs {
  /** In a module of all languages, tools are marked with theirs. */
  constructor(mark = "") {
    this.mark = mark;
    this.all = new Set();
  }
  tool(name, language) {
    this.all.add(`${name}:${language}`);
    return `${name}${this.mark}`;
  }
  you() {
    this.all.add("YOU");
    return `YOU${this.mark}`;
  }
  add(what) {
    this.all.add(what);
    return what;
  }
}

const quoted = (text) => JSON.stringify(text).replaceAll("\u2068", "\\u2068").replaceAll("\u2069", "\\u2069");

function slotTs(language, needs, part) {
  const { name, as, is } = part;
  if (is === "limit") {
    needs.add("LIMITS");
    return as === "chars" ? `${needs.add("arabicChars")}(${name})` : name;
  }
  if (as !== undefined) {
    const named = NAMED[language]?.[as];
    if (named === undefined) throw new Wrong(`${language} says nothing as ${as}`);
    const [you, other] = named;
    return `${name} === ${needs.you()} ? ${quoted(you)} : \`${other.replace("{}", `\${${name}}`)}\``;
  }
  if (is === "number") return `${needs.tool("c", language)}(${name})`;
  if (language !== "ar") return is === "several" ? `${name}.join(", ")` : name;
  needs.add("isolate");
  return is === "several" ? `${name}.map(isolate).join("، ")` : `isolate(${name})`;
}

function textTs(language, needs, parts) {
  if (parts.every((part) => typeof part === "string")) return quoted(parts.join(""));
  const body = parts.map((part) =>
    typeof part === "string" ? quoted(part).slice(1, -1).replaceAll('\\"', '"').replaceAll("`", "\\`").replaceAll("${", "\\${") : `\${${slotTs(language, needs, part)}}`,
  );
  return `\`${body.join("")}\``;
}

function valueTs(one, language, needs) {
  const forms = one.said[language];
  if (one.isList) return `[${forms[""].map(quoted).join(", ")}]`;
  const names = Object.keys(forms);
  const by = byOf(one, names);
  const text = (form) => textTs(language, needs, forms[form]);
  let value;
  if (names.includes("")) value = text("");
  else if (names.includes("you")) value = `${by} === ${needs.you()} ? ${text("you")} : ${text("other")}`;
  else {
    value = `${needs.tool("n", language)}(${by}, { ${names.map((form) => `${form}: ${text(form)}`).join(", ")} })`;
  }
  if (one.slots.length === 0) return value;
  const used = new Set(Object.values(forms).flat().map((part) => part.name));
  if (!names.includes("")) used.add(by);
  const types = { text: "string", number: "number", several: "string[]" };
  const args = one.slots.map(({ name, is }) => `${used.has(name) ? "" : "_"}${name}: ${types[is]}`);
  return `(${args.join(", ")}) => ${value}`;
}

/** Sentences as an object, within which sections lie. */
function objectTs(sentences, language, needs, indent = "") {
  const inner = `${indent}  `;
  const lines = [];
  const groups = new Map();
  for (const one of sentences) {
    const [first, ...rest] = one.path;
    if (rest.length === 0) groups.set(`=${first}`, one);
    else groups.set(first, [...(groups.get(first) ?? []), { ...one, path: rest }]);
  }
  for (const [key, of] of groups) {
    const isOne = key.startsWith("=");
    const name = isOne ? key.slice(1) : key;
    const property = /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name);
    if (isOne) {
      if (of.note !== "" && language === "en") lines.push(`${inner}/** ${of.note} */`);
      lines.push(`${inner}${property}: ${valueTs(of, language, needs)},`);
    } else lines.push(`${inner}${property}: ${objectTs(of, language, needs, inner)},`);
  }
  return `{\n${lines.join("\n")}\n${indent}}`;
}

/** Imports, and the tools of each language, as far as they are needed. */
function preamble(needs, types = []) {
  const has = (what) => [...needs.all].some((one) => one === what || one.startsWith(`${what}:`));
  const lines = [...types];
  if (has("isolate")) lines.push('import { isolate } from "./isolate.ts";');
  const plurals = [...(has("arabicChars") ? ["arabicChars"] : []), ...(has("c") ? ["counted"] : []), ...(has("n") ? ["plural"] : [])];
  if (plurals.length > 0) lines.push(`import { ${plurals.join(", ")} } from "./plural.ts";`);
  if (has("LIMITS")) lines.push('import { LIMITS } from "../wire.ts";');
  return lines.join("\n");
}

function toolsTs(needs, language) {
  const { mark } = needs;
  const lines = [];
  if (needs.all.has(`n:${language}`)) lines.push(`const n${mark} = plural("${language}");`);
  if (needs.all.has(`c:${language}`)) lines.push(`const c${mark} = counted("${INTL[language] ?? language}");`);
  if (needs.all.has("YOU")) lines.push(`const YOU${mark} = ${quoted(YOU[language])};`);
  return lines.length === 0 ? "" : `${lines.join("\n")}\n\n`;
}

/** A module of each language. */
function each(name, language, constant, type, from) {
  const needs = new Needs();
  const object = objectTs(readModule(name), language, needs);
  const types = from === undefined ? [] : [`import type { ${type} } from "${from}";`];
  const before = preamble(needs, types);
  const is = from === undefined ? "" : `: ${type}`;
  const after = from === undefined && type !== undefined ? `\nexport type ${type} = typeof ${constant};\n` : "";
  return `${MADE(`words/${name}`)}\n${before}${before === "" ? "" : "\n\n"}${toolsTs(needs, language)}export const ${constant}${is} = ${object};\n${after}`;
}

/** One module with all languages. */
function together(name, [constant, type]) {
  const all = new Needs();
  const sentences = readModule(name);
  const parts = LANGUAGES.map((language) => {
    const needs = new Needs(language[0].toUpperCase() + language[1]);
    const object = objectTs(sentences, language, needs);
    for (const need of needs.all) all.add(need);
    const is = language === "en" ? "" : `: ${type}`;
    const after = language === "en" ? `\nexport type ${type} = typeof en;\n` : "";
    return `${toolsTs(needs, language)}const ${language}${is} = ${object};\n${after}`;
  });
  const before = preamble(all, ['import type { Language } from "./index.svelte.ts";']);
  const end = `export const ${constant}: Record<Language, ${type}> = { ${LANGUAGES.join(", ")} };\n`;
  return `${MADE(`words/${name}.words`)}\n${before}\n\n${parts.join("\n")}\n${end}`;
}

/** Every file that is made, by its path among the console's messages. */
export function typescript() {
  const made = {};
  const capital = (text) => text[0].toUpperCase() + text.slice(1);
  for (const language of LANGUAGES) {
    const from = language === "en" ? undefined : "./en.ts";
    made[`${language}.ts`] = each("desk", language, language, "Messages", from);
    made[`kinds-${language}.ts`] = each("kinds", language, `kinds${capital(language)}`, "KindWords", "./kinds.ts");
  }
  for (const [name, names] of Object.entries(PARTS)) made[`${name}.ts`] = together(name, names);
  return made;
}
