// What is said of deeds: what was done, what cannot be, and why.

import * as format from "../format.ts";
import { first, inside, owner } from "../inbox/words.ts";
import { headOf } from "../live/held.ts";
import type { Desk } from "../live/session.svelte.ts";
import { name, words } from "../messages/index.svelte.ts";
import type { Id } from "../protocol.ts";
import type { Before, Deed, Hindrance } from "./plan.ts";

export function doneText(desk: Desk, deed: Deed, done: Before[]): string {
  const { t, locale } = words;
  const [one] = done;
  switch (deed.kind) {
    case "give": {
      const to = inside(owner(desk, deed.to));
      return done.length === 1 && one !== undefined
        ? t.board.moved(first(desk.get(one.id)), to)
        : t.board.movedMany(done.length, to);
    }
    case "snooze":
      return t.bulk.done.snooze(done.length, format.moment(locale, deed.until, desk.now()));
    default:
      return t.bulk.done[deed.kind](done.length);
  }
}

export function hindranceText(desk: Desk, why: Hindrance | { kind: "acted" }, id: Id): string {
  const { t } = words;
  switch (why.kind) {
    case "theirs":
      return t.bulk.why.theirs(owner(desk, why.owner));
    case "full":
      return t.refused.atCapacity(name(why.agent.name), why.agent.load, why.agent.capacity ?? 0);
    case "acted": {
      const held = desk.get(id);
      return t.board.notUndone(held === undefined ? "…" : owner(desk, headOf(held).owner));
    }
    default:
      return t.bulk.why[why.kind];
  }
}
