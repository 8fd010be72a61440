import { expect, test } from "vitest";
import type { Held } from "../live/held.ts";
import type { Id, Setting } from "../protocol.ts";
import { choicesOf, deedOf } from "./tagging.ts";

const tag = (id: Id, body: object) => [id, { id, body } as unknown as Setting] as const;
const tags = new Map([
  tag("refund", { name: "Refund", colour: "red" }),
  tag("reclaim", { name: "Reclaim", merged_into: "refund" }),
  tag("vip", { name: "VIP", set_by: "supervisors", lasting: true }),
  tag("bot", { name: "Bot", set_by: "rules" }),
]);
const held = (on: Id[]) => ({ level: "packed", slim: { tags: on } }) as unknown as Held;

test("each tag says on how many it is, by what it became", () => {
  const all = [held(["reclaim"]), held(["refund", "vip"])];
  const of = (supervises: boolean) => choicesOf(all, tags, () => supervises);
  expect(of(true).map(({ id, on, isOthers }) => [id, on, isOthers])).toEqual([
    ["bot", "none", true],
    ["refund", "all", false],
    ["vip", "some", false],
  ]);
  expect(
    of(false)
      .filter(({ isOthers }) => isOthers)
      .map(({ id }) => id),
  ).toEqual(["bot", "vip"]);
});

test("marks become one deed", () => {
  expect(deedOf(new Map())).toBeUndefined();
  expect(
    deedOf(
      new Map([
        ["refund", "on"],
        ["vip", "off"],
      ] as const),
    ),
  ).toEqual({
    kind: "tag",
    add: ["refund"],
    remove: ["vip"],
  });
});
