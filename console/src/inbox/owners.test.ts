// @vitest-environment node
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { changeOf } from "../live/changes.ts";
import type { Event } from "../protocol.ts";
import { isOwnerTold, ownersBefore } from "./owners.ts";

const path = join(import.meta.dirname, "../../../protocol/fixtures/event.owner_changed.json");
const changed = JSON.parse(readFileSync(path, "utf8")) as Event;
const own = (revision: number, owner_epoch: number, id: string) =>
  ({ ...changed, revision, owner: { kind: "queue", id }, owner_epoch }) as Event;

test("an owner who came while the card is open is told among the earlier ones", () => {
  const read = [own(2, 1, "a"), own(4, 2, "b")].flatMap(changeOf);
  const live = [own(4, 2, "b"), own(7, 3, "c"), own(9, 4, "d")].flatMap(changeOf);
  const ids = (epoch: number, most = 6) =>
    ownersBefore(live, read, epoch, most).map(({ owner: { id } }) => id);
  expect(ids(4)).toEqual(["c", "b", "a"]);
  expect(ids(5)).toEqual(["d", "c", "b", "a"]);
  expect(ids(5, 2)).toEqual(["d", "c"]);
});

test("an owner of whom this page heard nothing is asked for", () => {
  const read = [own(2, 1, "a")].flatMap(changeOf);
  expect([isOwnerTold(read, 1), isOwnerTold(read, 2)]).toEqual([true, false]);
});
