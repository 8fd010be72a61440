// Tags for several conversations at once.

import { type Shown, type Tags, bodyOf, idsOn, resolve } from "../inbox/tags.ts";
import type { Held } from "../live/held.ts";
import type { Id } from "../protocol.ts";
import type { Deed } from "./plan.ts";

/** What is to become of a tag. */
export type Mark = "on" | "off";

/** A tag as it is offered for several. */
export interface Choice extends Shown {
  name: string;
  /** On how many of them it is. */
  on: "all" | "some" | "none";
  /** Rules alone put it on, or supervisors. */
  isOthers: boolean;
}

/** The tags by name, but those that became another one. */
export function choicesOf(
  all: readonly Held[],
  tags: Tags,
  supervises: (held: Held) => boolean,
): Choice[] {
  const each = all.map((held) => new Set(idsOn(held).map((id) => resolve(tags, id))));
  const maySupervise = all.every(supervises);
  return [...tags.keys()]
    .filter((id) => resolve(tags, id) === id)
    .flatMap((id): Choice[] => {
      const body = bodyOf(tags, id);
      if (body === undefined) return [];
      const count = each.filter((on) => on.has(id)).length;
      const on = count === 0 ? "none" : count === each.length ? "all" : "some";
      const isOthers = body.set_by === "rules" || (body.set_by === "supervisors" && !maySupervise);
      const { name, colour = "grey", lasting } = body;
      return [{ id, name, colour, isLasting: lasting === true, on, isOthers }];
    })
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** What the marks ask for; nothing without one. */
export function deedOf(marks: ReadonlyMap<Id, Mark>): Deed | undefined {
  const some = (wanted: Mark) => [...marks].flatMap(([id, mark]) => (mark === wanted ? [id] : []));
  return marks.size === 0 ? undefined : { kind: "tag", add: some("on"), remove: some("off") };
}
