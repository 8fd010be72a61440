// Sentences that nothing says: no source names them, nor what they stand in.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { readModule } from "./read.mjs";

/** The sources below a folder, as one text, without what is made of words. */
function sources(folder, ending, but) {
  const all = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = all.filter((file) => file.isFile() && ending.test(file.name));
  const paths = files.map((file) => join(file.parentPath ?? file.path, file.name));
  return paths.filter((path) => !but.test(path)).map((path) => readFileSync(path, "utf8")).join("\n");
}

/** Where a sentence stands that nothing says. */
export function unused(root, parts) {
  const names = (text) => new Set(text.match(/[\w-]+/g));
  const app = names(sources(join(root, "apps/phone"), /\.kt$/, /\/words\/(Word|English|Spanish|Portuguese|Arabic)\.kt$/));
  // Some names are built: `${page}Intro`.
  const text = sources(join(root, "console/src"), /\.(ts|svelte)$/, /\/messages\/|\.test\.ts$/);
  const console_ = names(text);
  const ends = [...new Set([...text.matchAll(/\$\{\w+\}([A-Z]\w+)`/g)].map((found) => found[1]))];
  const isBuilt = (key) => ends.some((end) => key.endsWith(end));
  const own = readModule("app");
  const left = own.filter((one) => !app.has(one.path.at(-1)));
  // What the app says of the console's is said.
  const shared = new Set(own.filter((one) => one.of !== undefined).map((one) => one.of.join("/")));
  for (const name of ["desk", ...parts]) {
    for (const one of readModule(name)) {
      const path = [...(name === "desk" ? [] : [name]), ...one.path].join("/");
      const key = one.path.at(-1);
      if (!one.isChosen && !console_.has(key) && !isBuilt(key) && !shared.has(path)) left.push(one);
    }
  }
  return left.map((one) => `${one.at}: nothing says ${one.path.join("/")}`);
}
