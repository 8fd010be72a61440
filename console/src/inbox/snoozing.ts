// Until when something can be put off.

import * as format from "../format.ts";

const HOUR_MS = 3_600_000;

/** What is offered, counted from the press on. */
export function snoozeTimes(now: () => number) {
  return [
    { key: "inAnHour", until: () => now() + HOUR_MS },
    { key: "inThreeHours", until: () => now() + 3 * HOUR_MS },
    { key: "tomorrow", until: () => format.nextAt(now(), 9) },
    { key: "monday", until: () => format.nextAt(now(), 9, 1) },
  ] as const;
}
