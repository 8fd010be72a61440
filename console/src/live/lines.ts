// Lines of what comes in pieces.

/** Whole lines of what came in pieces, and what is left over. */
export function lines(pieces: string): { whole: string[]; rest: string } {
  const all = pieces.split("\n");
  const rest = all.pop() ?? "";
  return { whole: all.filter((line) => line !== ""), rest };
}
