// @vitest-environment node
import { expect, test } from "vitest";
import type { CustomerFile } from "../protocol.ts";
import { joined } from "./customer-files.svelte.ts";

const file = (id: string, day: number): CustomerFile =>
  ({
    conversation_id: "c",
    line: { id, at: `2026-01-0${day}T00:00:00Z` },
  }) as unknown as CustomerFile;

test("files that are here and those of the server stand once each, the newest first", () => {
  const all = joined(
    [file("new", 5), file("both", 3)],
    [file("both", 3), file("other", 4), file("old", 1)],
  );
  expect(all.map(({ line }) => line.id)).toEqual(["new", "other", "both", "old"]);
});
