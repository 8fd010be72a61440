// What every part of the inbox works with.

import { getContext, setContext } from "svelte";
import type { Desk } from "../live/session.svelte.ts";

const KEY = Symbol("desk");

export const giveDesk = (desk: Desk) => setContext(KEY, desk);
export const takeDesk = (): Desk => getContext<Desk>(KEY);
