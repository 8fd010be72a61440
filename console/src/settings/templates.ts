// When a number's list of templates is asked for again.
import type { TemplateList } from "../protocol.ts";

const FIRST_MS = 1_000;
const MOST_MS = 30_000;

/** Whether the page has no list yet, or the server has yet to read Meta's. */
export function isAwaited(list: TemplateList | undefined): boolean {
  if (list === undefined) return true;
  return (
    list.account_id !== undefined && list.synced_at === undefined && list.trouble === undefined
  );
}

/**
 * How long until the next look, in ms, after so many since the page was opened or an account was
 * saved; `undefined`: there is nothing to wait for. The first look is always made.
 */
export function nextLook(list: TemplateList | undefined, looks: number): number | undefined {
  if (looks === 0) return list === undefined ? 0 : FIRST_MS;
  return isAwaited(list) ? Math.min(FIRST_MS * 2 ** (looks - 1), MOST_MS) : undefined;
}
