// The tags that the picker offers.

import { rank, typed } from "../find.ts";
import type { Held } from "../live/held.ts";
import type { Id } from "../protocol.ts";
import type { Tag } from "../wire.ts";
import { type Tags, bodyOf, resolve, shownOf } from "./tags.ts";

/** Tags that a conversation may have. */
export const TAGS_MAX = 32;

/** A tag in the picker. */
export interface Option {
  id: Id;
  body: Tag;
  isOn: boolean;
  /** Rules alone put it on, or supervisors. */
  isOthers: boolean;
  /** The other name under which it was found. */
  alias?: string;
  /** Those of its group that it takes off. */
  takes: string[];
}

/** Whom it is for, and what is looked for. */
interface Asked {
  find: string;
  supervises: boolean;
}

/** What may be put on or taken off, by name; what was merged leads to what it became. */
export function optionsOf(held: Held, tags: Tags, { find, supervises }: Asked): Option[] {
  const wanted = typed(find);
  const on = shownOf(held, tags);
  const found = new Map<Id, { option: Option; best: number }>();
  for (const [from, { body: own }] of tags) {
    const id = resolve(tags, from);
    const body = bodyOf(tags, id);
    const name = (own as Tag | null)?.name;
    if (body === undefined || name === undefined) continue;
    const fits = rank(name, wanted);
    const known = found.get(id);
    if (fits === undefined || (known !== undefined && known.best <= fits)) continue;
    const isOn = on.some((one) => one.id === id);
    const isOthers = body.set_by === "rules" || (body.set_by === "supervisors" && !supervises);
    const group = body.one_of_group === true ? body.group?.toLowerCase() : undefined;
    const takes = on.flatMap((one) => {
      const isOther = one.id !== id && group !== undefined && !isOn;
      const isOf = bodyOf(tags, one.id)?.group?.toLowerCase() === group;
      return isOther && isOf && one.name !== undefined ? [one.name] : [];
    });
    // Without a word all are by their own names.
    const alias = from === id || wanted.isAll ? {} : { alias: name };
    found.set(id, { best: fits, option: { id, body, isOn, isOthers, takes, ...alias } });
  }
  const all = [...found.values()].sort(
    (a, b) => a.best - b.best || a.option.body.name.localeCompare(b.option.body.name),
  );
  return all.map(({ option }) => option);
}
