// How urgent conversations are, for the order in which they are taken.

import type { Head, Priority } from "../protocol.ts";

/** Those that can be set, the least urgent first. */
export const PRIORITIES = ["normal", "high", "urgent"] as const satisfies readonly Priority[];

const HIGH_MS = 30 * 60_000;
const URGENT_MS = 4_000_000_000_000;

/** The place in the queue of somebody who waits since then, ms: the smallest comes first. */
export function queueAt(head: Pick<Head, "priority">, since: number): number {
  if (head.priority === "urgent") return since - URGENT_MS;
  return head.priority === "high" ? since - HIGH_MS : since;
}

/** Whether another priority is chosen, with the reason that it needs. */
export function isPriorityEnough(before: Priority, chosen: Priority, reason: string): boolean {
  return chosen !== before && (chosen === "normal" || reason.trim() !== "");
}
