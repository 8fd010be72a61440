// Single letters as commands. One that changes something counts only by itself: in a run of letters
// somebody writes a text, and the cursor is not where they think.

/** Letters that follow each other sooner than this are a text, ms. */
export const ALONE_MS = 250;

/** What a letter does: it changes something, it steps to another row, or neither. */
export type Means = "changes" | "steps" | "other";

/** What each letter does, by what that means. */
export type Letters = Partial<Record<Means, Record<string, (() => void) | undefined>>>;

export class LoneLetters {
  private waiting: { run: () => void; timer: ReturnType<typeof setTimeout> } | undefined;
  private writtenAt = Number.NEGATIVE_INFINITY;

  /** A key was pressed, at this time, ms. Does what it does now or soon; true if it does anything. */
  press(key: string, at: number, letters: Letters): boolean {
    const all: Means[] = ["changes", "steps", "other"];
    const means = all.find((one) => letters[one]?.[key] !== undefined);
    const run = means && letters[means]?.[key];
    if (key.length > 1 || this.isNow(means ?? "other", at, () => run?.())) run?.();
    return run !== undefined;
  }

  private isNow(means: Means, at: number, run: () => void): boolean {
    const { waiting } = this;
    this.stop();
    // A step to another row confirms the letter before it; any other letter makes a text of it.
    if (waiting !== undefined && means === "steps") waiting.run();
    else if (waiting !== undefined) this.writtenAt = at;
    const isText = at - this.writtenAt < ALONE_MS;
    if (means === "other" || (means === "changes" && isText)) this.writtenAt = at;
    if (means !== "changes") return true;
    if (!isText) {
      const timer = setTimeout(() => {
        this.waiting = undefined;
        run();
      }, ALONE_MS);
      this.waiting = { run, timer };
    }
    return false;
  }

  /** Forgets the letter that waits. */
  stop() {
    clearTimeout(this.waiting?.timer);
    this.waiting = undefined;
  }
}
