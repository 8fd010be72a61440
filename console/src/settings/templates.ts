// What is still to come of a number's list of templates.
import type { TemplateList } from "../protocol.ts";

/** Whether the list should be asked for again: it did not come, or the server has yet to read Meta's. */
export function isAwaited(list: TemplateList | undefined): boolean {
  if (list === undefined) return true;
  return (
    list.account_id !== undefined && list.synced_at === undefined && list.trouble === undefined
  );
}
