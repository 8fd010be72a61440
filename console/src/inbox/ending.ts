// How somebody was about to end a conversation: kept beside its draft until the episode is over, so
// that a press of "back" loses no words.

import type { Draft, Keep } from "../live/keep.ts";
import type { Id } from "../protocol.ts";

export interface Ending {
  outcome?: Id;
  text: string;
}

type Drafts = Pick<Keep, "draft" | "keepDraft">;

const place = (conversation: Id) => `${conversation}.ending`;

/** Undefined where none was begun in this episode. */
export function endingOf(keep: Drafts, conversation: Id, episode: number): Ending | undefined {
  const kept = keep.draft(place(conversation));
  if (kept?.ending === undefined || kept.ending.episode !== episode) return undefined;
  const { outcome } = kept.ending;
  return { text: kept.text, ...(outcome === undefined ? {} : { outcome }) };
}

export function keepEnding(keep: Drafts, conversation: Id, episode: number, ending: Ending) {
  const { text, ...chosen } = ending;
  const draft: Draft = { text, mode: "note", ending: { episode, ...chosen } };
  void keep.keepDraft(place(conversation), draft);
}

export function forgetEnding(keep: Drafts, conversation: Id) {
  if (keep.draft(place(conversation)) !== undefined)
    void keep.keepDraft(place(conversation), undefined);
}
