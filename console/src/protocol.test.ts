import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

const FIXTURES = join(import.meta.dirname, "../../protocol/fixtures");

/** Bodies that are not named after their type. */
const NAMED: Record<string, string> = {
  "rest.agent": "Colleague",
  "rest.canned_uses": "CannedUses[]",
  "rest.kept_drafts": "KeptDraft[]",
  "rest.push_receipts": "PushReceipt[]",
};

/** Pushes, as services and phones have them; tables and cases of rules; what no server says yet. */
const isOther = (file: string) =>
  /^(?:push|text)\./.test(file) || /\.(?:cases|from_the_future)\.json$/.test(file);
const files = readdirSync(FIXTURES).filter((file) => file.endsWith(".json") && !isOther(file));
const camel = (name: string) =>
  name.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
/** The type of its family, or the type that a body is named after. */
function typeOf(file: string): string {
  const name = file.replace(/\.json$/, "");
  const [family = "", kind = ""] = name.split(".");
  // Their old resources have the names.
  if (family === "setting" && kind === "saved_view") return "InboxViewPut";
  if (family === "setting" && kind === "template_fallback") return "FallbackTemplatePut";
  if (family === "setting") return `${camel(kind)}Put`;
  return NAMED[name] ?? camel(family === "rest" ? kind : family);
}
const read = (file: string) => readFileSync(join(FIXTURES, file), "utf8");

/** What the compiler says of these values, each against its type: the value's number, the words. */
function complaints(values: { json: string; type: string }[]): [number, string][] {
  const name = join(import.meta.dirname, "fixtures.check.ts");
  const lines = values.map(({ json, type }) => {
    return `export const v: P.${type} = ${JSON.stringify(JSON.parse(json))};`;
  });
  const text = `import type * as P from "./protocol.ts";\n${lines.map((line, n) => line.replace(" v:", ` v${n}:`)).join("\n")}`;
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    exactOptionalPropertyTypes: true,
    allowImportingTsExtensions: true,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    target: ts.ScriptTarget.ES2022,
    types: [],
    lib: ["lib.es5.d.ts"],
    skipLibCheck: true,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => path === name || fileExists(path);
  host.getSourceFile = (path, ...rest) =>
    path === name
      ? ts.createSourceFile(path, text, ts.ScriptTarget.ES2022)
      : getSourceFile(path, ...rest);
  const program = ts.createProgram([name], options, host);
  return ts.getPreEmitDiagnostics(program).map((one) => {
    const at = one.file?.getLineAndCharacterOfPosition(one.start ?? 0).line ?? 0;
    return [at - 1, ts.flattenDiagnosticMessageText(one.messageText, "\n")];
  });
}

test("every fixture has exactly the fields of its type", () => {
  const values = files.map((file) => ({ json: read(file), type: typeOf(file) }));
  expect(values.length).toBeGreaterThan(100);
  expect(complaints(values)).toEqual([]);
});

test("a field that is missing, unknown or of another type is seen", () => {
  const claim = read("command.claim.json");
  const wrong = [
    claim.replace('"expect_owner_epoch"', '"expect_epoch"'),
    claim.replace('"claim"', '"clame"'),
    claim.replace(/"expect_owner_epoch": *\d+/, '"expect_owner_epoch": "3"'),
  ];
  for (const json of wrong) expect(json).not.toBe(claim);
  const seen = complaints(wrong.map((json) => ({ json, type: "Command" }))).map(([n]) => n);
  expect([...new Set(seen)].sort()).toEqual([0, 1, 2]);
});
