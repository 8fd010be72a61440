// @vitest-environment node
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Event } from "../protocol.ts";
import { changeOf, joined } from "./changes.ts";

const read = (name: string) =>
  JSON.parse(
    readFileSync(join(import.meta.dirname, `../../../protocol/fixtures/${name}.json`), "utf8"),
  ) as Event;
const ana = { kind: "agent", id: "01890a5d-ac96-774b-bcce-00000000a001" } as const;
const at = (n: number) => `2026-11-20T10:00:0${n}.000Z`;
const owner = (revision: number, cause: string, when = at(revision)) =>
  ({ ...read("event.owner_changed"), revision, at: when, actor: ana, cause }) as Event;
const resolved = (revision: number, when = at(revision)) =>
  ({
    ...read("event.status_changed"),
    revision,
    at: when,
    actor: ana,
    status: { kind: "resolved" },
  }) as Event;
const blocked = (revision: number, when = at(revision)) =>
  ({ ...read("event.block_changed"), revision, at: when, actor: ana }) as Event;
const told = (live: Event[], earlier: Event[]) =>
  joined(live.flatMap(changeOf), earlier.flatMap(changeOf)).map(({ event }) => event.type);

test("what is held live and was read as well is told once, in order", () => {
  const [first, second, third] = [
    owner(1, "claimed"),
    owner(2, "transferred"),
    owner(3, "claimed"),
  ];
  const both = joined([second, third].flatMap(changeOf), [first, second].flatMap(changeOf));
  expect(both.map(({ revision }) => revision)).toEqual([1, 2, 3]);
});

test("resolving is one line, and blocking is no resolving", () => {
  expect(told([], [owner(1, "resolved", at(1)), resolved(2, at(1))])).toEqual(["status_changed"]);
  const block = [blocked(1, at(1)), resolved(2, at(1)), owner(3, "resolved", at(1))];
  expect(told(block, [])).toEqual(["block_changed"]);
});

test("what WhatsApp answers to a block is nobody's act", () => {
  expect(changeOf({ ...blocked(1), actor: { kind: "system" } } as Event)).toEqual([]);
  expect(changeOf(read("event.line_received"))).toEqual([]);
});
