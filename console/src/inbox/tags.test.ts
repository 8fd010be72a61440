import { expect, test } from "vitest";
import type { Held } from "../live/held.ts";
import type { Setting, Status } from "../protocol.ts";
import type { Tag } from "../wire.ts";
import { optionsOf } from "./tag-options.ts";
import { isInView, resolve, shownOf, viewsOf } from "./tags.ts";

const tag = (id: string, more: Partial<Tag> = {}): [string, Setting] => [
  id,
  {
    kind: "tag",
    id,
    version: 1,
    home: { kind: "workspace" },
    rank: 0,
    body: { name: `Tag ${id}`, colour: "blue", set_by: "anyone", ...more },
  },
];
const held = (
  ids: string[],
  status: Status = { kind: "open" },
): Extract<Held, { level: "packed" }> => ({
  level: "packed",
  head: {
    id: "c",
    channel_id: "n",
    team_id: "t",
    owner: { kind: "queue", id: "t" },
    owner_epoch: 1,
    status,
    episode: 1,
    revision: 1,
    last_seq: 1,
    unanswered_since: null,
    activity_at: "2026-01-02T03:04:05.678Z",
  },
  slim: { customer_seq: 0, read_seq: 0, window_until: null, isFollowed: false, tags: ids },
});
const names = (one: Held, tags: Map<string, Setting>) => shownOf(one, tags).map(({ name }) => name);

test("a merged tag is what it became, once, and itself again when the merge is undone", () => {
  const merged = new Map([tag("refund"), tag("reclaim", { merged_into: "refund" })]);
  expect(resolve(merged, "reclaim")).toBe("refund");
  expect(names(held(["reclaim", "refund"]), merged)).toEqual(["Tag refund"]);
  expect(viewsOf(merged).map(({ view }) => view)).toEqual(["tag-refund"]);
  const undone = new Map([tag("refund"), tag("reclaim")]);
  expect(names(held(["reclaim", "refund"]), undone)).toEqual(["Tag reclaim", "Tag refund"]);
});

test("a ring of merges ends nowhere", () => {
  const ring = new Map([tag("a", { merged_into: "b" }), tag("b", { merged_into: "a" })]);
  expect(resolve(ring, "a")).toBe("a");
});

test("a tag that ended is last and has no name", () => {
  expect(names(held(["gone", "order"]), new Map([tag("order")]))).toEqual(["Tag order", undefined]);
});

test("the view of a tag has what is not done, under any of its names", () => {
  const tags = new Map([tag("refund"), tag("reclaim", { merged_into: "refund" })]);
  expect(isInView("tag-refund", held(["reclaim"]), tags)).toBe(true);
  expect(isInView("tag-refund", held([]), tags)).toBe(false);
  expect(isInView("tag-refund", held(["refund"], { kind: "resolved" }), tags)).toBe(false);
  expect(isInView("tag-refund", held(["refund"]), undefined)).toBe(false);
  const head: Held = { level: "head", head: held([]).head };
  expect(isInView("tag-refund", head, tags)).toBe(false);
});

test("the picker finds by name and by what was merged, and says what is not mine to set", () => {
  const tags = new Map([
    tag("refund", { name: "Refund" }),
    tag("reclamo", { name: "Reclamo", merged_into: "refund" }),
    tag("vip", { name: "VIP", set_by: "supervisors" }),
    tag("bot", { name: "Bot", set_by: "rules" }),
  ]);
  const found = (find: string, supervises = false) =>
    optionsOf(held(["refund"]), tags, { find, supervises });
  expect(found("").map(({ body }) => body.name)).toEqual(["Bot", "Refund", "VIP"]);
  expect(found("recl")).toMatchObject([{ id: "refund", alias: "Reclamo", isOn: true }]);
  expect(found("vip")).toMatchObject([{ isOthers: true }]);
  expect(found("vip", true)).toMatchObject([{ isOthers: false }]);
  expect(found("bot", true)).toMatchObject([{ isOthers: true }]);
});

test("of a group of which one holds it is told what is taken off", () => {
  const of = { group: "Topic", one_of_group: true };
  const tags = new Map([tag("order", of), tag("question", of), tag("other")]);
  const options = optionsOf(held(["order", "other"]), tags, {
    find: "question",
    supervises: false,
  });
  expect(options).toMatchObject([{ id: "question", takes: ["Tag order"] }]);
});
