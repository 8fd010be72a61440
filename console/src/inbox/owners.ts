// Who had a conversation, of what is held live and what was read.

import type { Change } from "../live/held.ts";

/** Who had a conversation before its owner of this epoch, the newest first. */
export function ownersBefore(
  live: readonly Change[],
  earlier: readonly Change[],
  epoch: number,
  most: number,
) {
  const known = new Map([...earlier, ...live].map((one) => [one.revision, one]));
  return [...known.values()]
    .sort((a, b) => a.revision - b.revision)
    .flatMap(({ event, at, revision }) =>
      event.type === "owner_changed" && event.owner_epoch < epoch
        ? [{ owner: event.owner, at, revision }]
        : [],
    )
    .slice(-most)
    .reverse();
}

/** Whether it is known how this epoch of the owner began. */
export const isOwnerTold = (all: readonly Change[], epoch: number): boolean =>
  all.some(({ event }) => event.type === "owner_changed" && event.owner_epoch === epoch);
