// What became of a line after it was said: its newest words, who reacted, whether it was taken back.

import type { Author, Id, Line } from "../protocol.ts";

export const isRevoked = ({ amended }: Line): boolean => amended?.revoked !== undefined;

/** The words that count by now; `undefined` where the line that has them is not here. */
export function newestWords(
  { amended, content }: Line,
  byId: ReadonlyMap<Id, Line>,
): string | undefined {
  const edited = amended?.edited;
  return edited === undefined ? content.text : byId.get(edited.line.id)?.content.text;
}

export interface Shown {
  emoji: string;
  by: Author;
}

/** A reaction that was taken back, or erased, has no emoji. */
export function reactionsOf({ amended }: Line): Shown[] {
  return (amended?.reactions ?? []).flatMap(({ emoji, by }) =>
    emoji === undefined || emoji === "" ? [] : [{ emoji, by }],
  );
}
