// What a browser loads before anything can be done, and the build's limit for it.
import { gzipSync } from "node:zlib";
import type { Plugin, Rollup } from "vite";

/** Compressed script of the first load, bytes. */
export const FIRST_LOAD_MAX = 150_000;

type Bundle = Record<
  string,
  Pick<Rollup.OutputChunk, "type" | "code" | "imports"> | { type: "asset" }
>;

/** Compressed bytes of a chunk with all that it imports at once. */
export function firstLoad(bundle: Bundle, entry: string): number {
  const seen = new Set<string>();
  const weigh = (file: string): number => {
    const chunk = bundle[file];
    if (seen.has(file) || chunk?.type !== "chunk") return 0;
    seen.add(file);
    const imported = chunk.imports.map(weigh);
    return imported.reduce((sum, bytes) => sum + bytes, gzipSync(chunk.code).length);
  };
  return weigh(entry);
}

export function weighFirstLoad(): Plugin {
  return {
    name: "weigh-first-load",
    apply: "build",
    generateBundle(_options, bundle) {
      const entry = Object.values(bundle).find(
        (one) => one.type === "chunk" && one.name === "index",
      );
      if (entry === undefined) throw new Error("the build has no chunk index");
      const bytes = firstLoad(bundle, entry.fileName);
      const told = `the first load is ${bytes} bytes of compressed script`;
      if (bytes > FIRST_LOAD_MAX) throw new Error(`${told}; at most ${FIRST_LOAD_MAX} are allowed`);
      this.info(told);
    },
  };
}
