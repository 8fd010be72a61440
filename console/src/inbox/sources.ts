// What a card shows of each source: its rows, and what it says while the source does not answer.

import type { SourceWords } from "../messages/sources.ts";
import type { ContextRow, ContextTold } from "../protocol.ts";
import { isLink } from "./fields.ts";

export interface ShownSource {
  id: string;
  name: string;
  /** Whether it may be asked for an answer. */
  suggests: boolean;
  state: ContextTold["state"];
  title?: string;
  rows: ContextRow[];
  /** Beside the rows: that nothing is known, or that they are not of now. */
  note?: string;
  why?: string;
}

/** A row whose value leads nowhere but to a page by HTTPS. */
function row({ label, value, link }: ContextRow): ContextRow {
  const text = value === "" && link !== undefined ? link : value;
  return link !== undefined && isLink(link) ? { label, value: text, link } : { label, value };
}

export function shownSources(
  told: readonly ContextTold[],
  w: SourceWords,
  when: (at: string) => string,
): ShownSource[] {
  return told.map(({ source_id, name, suggests, state, title, rows, why, at }) => {
    const isAway = state !== "fresh" && state !== "cached";
    const away = at === undefined ? w.never : w.asOf(when(at));
    // One that suggests need not know anything of the customer.
    const isBare = rows.length === 0 && suggests !== true;
    const note = isAway ? away : isBare ? w.nothing : undefined;
    return {
      id: source_id,
      name,
      suggests: suggests === true,
      state,
      rows: rows.map(row),
      ...(title === undefined ? {} : { title }),
      ...(note === undefined ? {} : { note }),
      // A reason that this page does not know is left out.
      ...(why !== undefined && Object.hasOwn(w.why, why) ? { why: w.why[why] } : {}),
    };
  });
}
