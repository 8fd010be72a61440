import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { firstLoad } from "../build/weigh.ts";

test("the first load is the entry and what it imports at once, each once", () => {
  const chunk = (size: number, ...imports: string[]) => ({
    type: "chunk" as const,
    code: randomBytes(size).toString("hex"),
    imports,
  });
  const bundle = {
    "index.js": chunk(100, "a.js", "b.js"),
    "a.js": chunk(200, "b.js"),
    "b.js": chunk(300, "a.js"),
    // What is only imported when it is opened.
    "later.js": chunk(400),
    "index.css": { type: "asset" as const },
  };
  const sum = [bundle["index.js"], bundle["a.js"], bundle["b.js"]]
    .map(({ code }) => gzipSync(code).length)
    .reduce((a, b) => a + b);
  expect(firstLoad(bundle, "index.js")).toBe(sum);
});
