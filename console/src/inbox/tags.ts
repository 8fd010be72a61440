// Tags of conversations: what each became, and which are on.

import { type Held, headOf } from "../live/held.ts";
import type { Id, Setting } from "../protocol.ts";
import type { Tag } from "../wire.ts";

/** Tags that are set up, by id. */
export type Tags = ReadonlyMap<Id, Setting>;

/** How many merges are followed; as the server does it. */
const MERGES_MAX = 8;

export const bodyOf = (tags: Tags, id: Id): Tag | undefined =>
  (tags.get(id)?.body ?? undefined) as Tag | undefined;

export const nameOf = (tags: Tags | undefined, id: Id): string | undefined =>
  tags === undefined ? undefined : bodyOf(tags, id)?.name;

/** The tag that one became. */
export function resolve(tags: Tags, id: Id): Id {
  let at = id;
  for (let n = 0; n < MERGES_MAX; n += 1) {
    const next = bodyOf(tags, at)?.merged_into;
    if (next === undefined || !tags.has(next)) return at;
    at = next;
  }
  return id;
}

/** A tag as it is drawn. */
export interface Shown {
  id: Id;
  /** Undefined for a tag that ended: the server no longer gives its name. */
  name: string | undefined;
  colour: string;
  isLasting: boolean;
}

/** The ids of the tags that are on; none where no more than the head is seen. */
export function idsOn(held: Held): readonly Id[] {
  if (held.level === "packed") return held.slim.tags ?? [];
  return held.level === "full" ? (held.view.thread.tags ?? []).map(({ tag }) => tag) : [];
}

/**
 * The tags that are on, by what they became, each once and by name; those that ended are last.
 * Nothing until it is known which there are.
 */
export const shownOf = (held: Held, tags: Tags | undefined): Shown[] =>
  shownOfIds(idsOn(held), tags);

export function shownOfIds(ids: readonly Id[], tags: Tags | undefined): Shown[] {
  if (tags === undefined) return [];
  const found = new Map<Id, Shown>();
  for (const on of ids) {
    const id = resolve(tags, on);
    const body = bodyOf(tags, id);
    const colour = body?.colour ?? "grey";
    found.set(id, { id, name: body?.name, colour, isLasting: body?.lasting === true });
  }
  const order = (one: Shown) => (one.name === undefined ? 1 : 0);
  return [...found.values()].sort(
    (a, b) => order(a) - order(b) || (a.name ?? "").localeCompare(b.name ?? ""),
  );
}

export const hasTag = (held: Held, tag: Id, tags: Tags): boolean =>
  idsOn(held).some((on) => resolve(tags, on) === tag);

/** Tags that are on something that is not done, each with its view. */
export function viewsOf(tags: Tags): { id: Id; name: string; view: string }[] {
  return [...tags.keys()]
    .filter((id) => resolve(tags, id) === id)
    .map((id) => ({ id, name: bodyOf(tags, id)?.name ?? "", view: `tag-${id}` }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** Whether it is shown in the view of a tag. */
export function isInView(view: string, held: Held, tags: Tags | undefined): boolean {
  const { status } = headOf(held);
  if (tags === undefined || (status.kind !== "open" && status.kind !== "waiting")) return false;
  return hasTag(held, view.slice("tag-".length), tags);
}
