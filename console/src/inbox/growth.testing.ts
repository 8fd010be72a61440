// How the work on a text grows with its length, for tests of readers that must never be quadratic.

const TRIES = 150;

/** True if a text of twice the length is read in less than three times the time. Both lengths are
 * read in turn, and the fastest try of each counts: a busy machine changes nothing. */
export function isLinear(read: (text: string) => unknown, unit: string, times: number): boolean {
  const texts = [unit.repeat(times), unit.repeat(2 * times)];
  const fastest = [Infinity, Infinity];
  for (let n = 0; n < TRIES; n++) {
    for (const [at, text] of texts.entries()) {
      const begun = performance.now();
      read(text);
      fastest[at] = Math.min(fastest[at]!, performance.now() - begun);
    }
    // Below that the clock is too coarse to tell anything.
    if (fastest[1]! < 0.5 || (n > 2 && fastest[1]! < 3 * fastest[0]!)) return true;
  }
  return false;
}
