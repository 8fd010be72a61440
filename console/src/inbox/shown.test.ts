import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fileName, shown, shows } from "./shown.ts";

const table = <Row>(name: string): Row[] =>
  JSON.parse(
    readFileSync(join(import.meta.dirname, `../../../protocol/fixtures/text.${name}.json`), "utf8"),
  );

test.each(table<{ name: string; shows: boolean }>("names"))(
  "whether $name shows something",
  (row) => {
    expect(shows(row.name)).toBe(row.shows);
    expect(shown(row.name)).toBe(row.shows ? row.name : undefined);
  },
);

test("no name shows nothing", () => {
  expect(shown(null)).toBeUndefined();
  expect(shown(undefined)).toBeUndefined();
});

test.each(table<{ given: string; name: string | null }>("file_names"))(
  "a file named $given",
  (row) => {
    expect(fileName(row.given) ?? null).toBe(row.name);
  },
);
