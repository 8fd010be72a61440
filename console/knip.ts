// Exports, files and dependencies that nobody uses. Types are left out: those of the wire are all
// there, whoever needs them.
import type { KnipConfig } from "knip";

/** What a component imports, and what it takes from modules that have a name: `format.left(…)`. */
function svelte(text: string): string {
  const imports = text.matchAll(/import\s[^;]*?from\s*"[^"]+";|import\s*"[^"]+";/g);
  const lazy = text.matchAll(/\bimport\("[^"]+"\)/g);
  const members = text.matchAll(/\b[a-z]\w*\.\w+\b/g);
  const all = [...imports, ...lazy, ...members].map(([found]) => found);
  return [...new Set(all)].join(";\n");
}

export default {
  entry: ["src/**/*.test.ts", "e2e/**/*.ts"],
  project: [
    "src/**/*.{ts,svelte}!",
    "!src/**/*.{test,testing}.ts!",
    "e2e/**/*.ts",
    "build/**/*.ts",
  ],
  include: ["files", "exports", "dependencies", "unlisted", "unresolved", "duplicates"],
  exclude: ["types"],
  // What a module itself uses may be looked at by its tests.
  ignoreExportsUsedInFile: true,
  // Read as a text by e2e/looks.ts.
  ignoreDependencies: ["axe-core"],
  compilers: { svelte },
} satisfies KnipConfig;
