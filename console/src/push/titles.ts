import { words } from "../messages/index.svelte.ts";
import type { Left } from "./told.ts";

/** What a notification says that carries no words, in the language in use. */
export function titles(): Omit<Left, "receiptKey"> {
  const { told, toldOther } = words.t.push;
  return { titles: told, title: toldOther };
}
