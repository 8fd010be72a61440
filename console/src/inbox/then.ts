// A canned reply that was put into a text: what goes with it, and what is done after it is sent.

import type { CommandBody, Seen } from "../protocol.ts";
import type { CannedThen, CannedUse, Details, OutcomeChoice } from "../wire.ts";

/** A reply that was put into a text, what goes with it, and what is done after that is sent. */
export interface Picked {
  use: CannedUse;
  then: readonly CannedThen[];
  details?: Details | undefined;
}

/** Steps after one text. */
const THEN_MAX = 3;

/** What is done after a text of these replies: each step once, the first ones. */
export function thenOf(picked: readonly Picked[]): CannedThen[] {
  const all = new Map(picked.flatMap(({ then }) => then).map((one) => [JSON.stringify(one), one]));
  return [...all.values()].slice(0, THEN_MAX);
}

export interface ThenKnown {
  seen: Seen;
  now: number;
  /** Outcomes that the team may choose from. */
  outcomes: readonly OutcomeChoice[];
}

/** Steps as commands, in their order. What somebody tidied up since is left out. */
export function commandsOf(
  then: readonly CannedThen[],
  { seen, now, outcomes }: ThenKnown,
): CommandBody[] {
  return then.flatMap((one): CommandBody[] => {
    switch (one.do) {
      case "tag":
        return [{ type: "tag", add: [one.tag] }];
      case "resolve": {
        const found = outcomes.find(({ name }) => name === one.outcome);
        return [{ type: "resolve", seen, ...(found === undefined ? {} : { outcome: found.id }) }];
      }
      case "snooze":
        return [
          { type: "snooze", until: new Date(now + one.minutes * 60_000).toISOString(), seen },
        ];
      case "mark_waiting":
        return [{ type: "mark_waiting", seen }];
      default:
        return [];
    }
  });
}
