// The catalogue: every sentence that people read, in all languages, and what is made from it.
//
//   node words/words.mjs           writes the words of the console and of the app
//   node words/words.mjs --check   ends with 1 where one of them is another, or the catalogue is wrong
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { kotlin } from "./kotlin.mjs";
import { Wrong } from "./read.mjs";
import { PARTS, typescript } from "./typescript.mjs";
import { unused } from "./unused.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const isCheck = process.argv[2] === "--check";

function write(folder, files) {
  for (const [name, text] of Object.entries(files)) {
    const path = join(root, folder, name);
    if (!isCheck) writeFileSync(path, text);
    else if (!existsSync(path) || readFileSync(path, "utf8") !== text) {
      throw new Wrong(`${folder}/${name} is not what words/ says; run node words/words.mjs`);
    }
  }
}

try {
  write("console/src/messages", typescript());
  const [first] = unused(root, Object.keys(PARTS));
  if (first !== undefined) throw new Wrong(first);
  write("apps/phone/ui/src/app/baton/app/words", kotlin(Object.keys(PARTS)));
} catch (wrong) {
  if (!(wrong instanceof Wrong)) throw wrong;
  console.error(`words.mjs: ${wrong.message}`);
  process.exitCode = 1;
}
