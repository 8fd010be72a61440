// Blocking a customer, and the way back.

import { type Held, headOf } from "../live/held.ts";
import type { Desk } from "../live/session.svelte.ts";
import { words } from "../messages/index.svelte.ts";
import { toasts } from "../ui/toast.svelte.ts";
import { first } from "./words.ts";

/** Blocks the customer or lets them write again, and offers to take it back. */
export function setBlocked(desk: Desk, held: Held, blocks: boolean): void {
  const { id } = headOf(held);
  const t = words.t.block;
  desk.act(id, { type: blocks ? "block" : "unblock" });
  const back = () => void desk.act(id, { type: blocks ? "unblock" : "block" });
  toasts.show(blocks ? t.done(first(held)) : t.undone(first(held)), back);
}
