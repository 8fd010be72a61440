// Which messages of those that wait for a person are shown: what the address says. It is small, for
// every page reads addresses.
import type { HeldReason, Id } from "../protocol.ts";

export type Kind = "unconfirmed" | HeldReason;
export const KINDS: readonly Kind[] = [
  "unconfirmed",
  "overtaken",
  "window_closed",
  "too_late",
  "predecessor_held",
  "restored",
  "blocked",
];
/** Written longer ago than this, ms, by the name in the address. */
export const OLDER = { "10m": 600_000, "1h": 3_600_000, "1d": 86_400_000 } as const;
export type Older = keyof typeof OLDER;

export interface Filter {
  kind?: Kind | undefined;
  channel?: Id | undefined;
  older?: Older | undefined;
}
