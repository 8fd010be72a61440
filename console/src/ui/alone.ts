// A single letter that changes something means it only by itself: in a run of letters somebody
// writes a text, and the cursor is not where they think.

/** So far apart letters are no run, ms. */
export const ALONE_MS = 250;

/** What a letter does: it changes something, it goes to another place of the list, or neither. */
export type Means = "changes" | "goes" | "other";

export class Alone {
  private waiting: { run: () => void; timer: ReturnType<typeof setTimeout> } | undefined;
  private writtenAt = Number.NEGATIVE_INFINITY;

  /** A letter was pressed, at this time, ms. True where it may do what it does at once. */
  press(means: Means, at: number, run: () => void): boolean {
    const { waiting } = this;
    this.stop();
    // Whoever goes on to the next one has meant the first letter.
    if (waiting !== undefined && means === "goes") waiting.run();
    else if (waiting !== undefined) this.writtenAt = at;
    const isRun = at - this.writtenAt < ALONE_MS;
    if (means === "other" || (means === "changes" && isRun)) this.writtenAt = at;
    if (means !== "changes") return true;
    if (!isRun) {
      const timer = setTimeout(() => {
        this.waiting = undefined;
        run();
      }, ALONE_MS);
      this.waiting = { run, timer };
    }
    return false;
  }

  /** What waits is forgotten. */
  stop() {
    clearTimeout(this.waiting?.timer);
    this.waiting = undefined;
  }
}
