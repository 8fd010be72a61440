// What is drawn of a voice note before it is played: its bars and its length.

const HEIGHT = 40;
const STEP = 4;
const BAR_MIN = 2;

/**
 * The path of the bars `from` to `to` of a waveform in a box of 256 × 40: one for each stretch,
 * around the middle.
 */
export function barsOf(peaks: readonly number[], from = 0, to = peaks.length): string {
  return peaks
    .slice(from, to)
    .map((peak, at) => {
      const bar = Math.max(BAR_MIN, (peak / 100) * (HEIGHT - BAR_MIN));
      return `M${(from + at) * STEP + STEP / 2} ${(HEIGHT - bar) / 2}v${bar}`;
    })
    .join("");
}

/** How many of so many bars are behind the player, which is at `seconds`. */
export function barsPlayed(count: number, seconds: number, durationMs: number): number {
  return Math.min(count, Math.floor((seconds * 1000 * count) / durationMs));
}

/** Minutes and seconds, rounded up: what lasts a moment lasts a second. */
export function lengthOf(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
