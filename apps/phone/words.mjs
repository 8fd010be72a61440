// Writes the app's words in four languages, from words.txt and the console's own sentences.
//
//   node apps/phone/words.mjs           writes Word.kt, and a file of each language
//   node apps/phone/words.mjs --check   ends with 1 where one of them is another
import { createRequire } from "node:module";
import {
  existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const ts = createRequire(join(root, "console/package.json"))("typescript");
const from = join(root, "console/src/messages");
const to = join(root, "apps/phone/ui/src/app/baton/app/words");
const languages = ["en", "es", "pt", "ar"];

const made = mkdtempSync(join(tmpdir(), "words-"));
const isTold = (name) => /\.ts$/.test(name) && !/\.(test|svelte)\.ts$/.test(name);
const isOfMessages = (name) => name.startsWith("messages/");
// Sentences name limits, which stand among the types of the wire.
const sources = readdirSync(join(from, ".."), { recursive: true }).filter(isTold);
for (const file of sources.filter((name) => isOfMessages(name) || name === "wire.ts")) {
  const text = readFileSync(join(from, "..", file), "utf8");
  const options = { compilerOptions: { module: "esnext", target: "es2022" } };
  const plain = ts.transpileModule(text, options).outputText;
  mkdirSync(dirname(join(made, file)), { recursive: true });
  writeFileSync(join(made, file.replace(".ts", ".mjs")), plain.replaceAll('.ts"', '.mjs"'));
}
const tables = {};
for (const language of languages) {
  const said = async (file) => import(join(made, "messages", `${file}.mjs`));
  const { toolWords } = await said("tools");
  const { noticeWords } = await said("notices");
  const { sourceWords } = await said("sources");
  const { reminderWords } = await said("reminders");
  const { routingWords } = await said("routing");
  const { viewerWords } = await said("viewer");
  const whole = (await said(language))[language];
  const parts = {
    tools: toolWords, notices: noticeWords, sources: sourceWords,
    reminders: reminderWords, routing: routingWords, viewer: viewerWords,
  };
  tables[language] = { ...whole };
  for (const [name, part] of Object.entries(parts)) tables[language][name] = part[language];
}
rmSync(made, { recursive: true });

const clean = (text) => text.replaceAll("\u2068", "").replaceAll("\u2069", "");
const isCategory = (language, category) => (n) =>
  new Intl.PluralRules(language).select(n) === category;
const counts = [...Array(1000).keys()].reverse().concat([1_000_000]);

/** Stands for an argument while the count is looked for: it has no digits of its own. */
const marked = (at) => String.fromCharCode(0xe000 + at);

/** The forms of a sentence that counts, in the order of the language's categories. */
function forms(language, sentence, more) {
  return categories(language).map((category) => {
    const n = counts.find(isCategory(language, category));
    const said = clean(sentence(n, ...more.map((_, at) => marked(at)))).replaceAll(String(n), "{0}");
    return more.reduce((text, mark, at) => text.replaceAll(marked(at), mark), said);
  });
}

function categories(language) {
  const order = ["zero", "one", "two", "few", "many", "other"];
  const known = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  return order.filter((category) => known.includes(category) && category !== "many" ||
    category === "many" && language === "ar");
}

function ofConsole(language, path, isCount) {
  const found = path.split(".").reduce((part, name) => part?.[name], tables[language]);
  if (found === undefined) throw new Error(`${language} has no ${path}`);
  if (typeof found === "string") return [clean(found)];
  const marks = [...Array(6).keys()].map((n) => `{${n}}`);
  return isCount ? forms(language, found, marks.slice(1)) : [clean(found(...marks))];
}

const rows = [];
for (const line of readFileSync(join(root, "apps/phone/words.txt"), "utf8").split("\n")) {
  if (line === "" || line.startsWith("#")) continue;
  const shared = line.match(/^(\w+) = ([\w.]+)( #)?$/);
  const own = line.match(/^(\w+): (.*)$/);
  if (shared) {
    const [, name, path, isCount] = shared;
    rows.push([name, languages.map((language) => ofConsole(language, path, isCount))]);
  } else if (own) {
    const texts = own[2].split(" | ").map((text) => [text]);
    if (texts.length !== 4) throw new Error(`four languages: ${line}`);
    rows.push([own[1], texts]);
  } else throw new Error(`unreadable: ${line}`);
}

const quoted = (texts) => JSON.stringify(texts.join("\u0000")).replaceAll("\\u0000", "|")
  .replaceAll("$", "\\$");
const head = `// Made from words.txt by words.mjs; not edited by hand.

package app.baton.app.words

`;
const files = {
  "Word.kt": `${head}/** The name of every sentence of the app. */
enum class Word {
${rows.map(([name]) => `    ${name},\n`).join("")}}
`,
};
for (const [at, name] of ["English", "Spanish", "Portuguese", "Arabic"].entries()) {
  const texts = rows.map(([word, all]) => `    /* ${word} */ ${quoted(all[at])},\n`).join("");
  files[`${name}.kt`] = `${head}/** Every sentence, in the order of their names. Forms of a plural stand between bars. */
internal val ${name.toLowerCase()}: Array<String> = arrayOf(
${texts})
`;
}
for (const [name, text] of Object.entries(files)) {
  if (process.argv[2] !== "--check") writeFileSync(join(to, name), text);
  else if (!existsSync(join(to, name)) || readFileSync(join(to, name), "utf8") !== text) {
    console.error(`words.mjs: ${name} is not what words.txt and the console say; run it`);
    process.exit(1);
  }
}
