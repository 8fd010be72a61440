// Why a conversation was not begun: words that say what to do.

import { Fault } from "../live/api.ts";
import { faultText } from "../settings/fault.ts";
import { words } from "../messages/index.svelte.ts";

export function whyNotBegun(error: unknown): string {
  const { begin } = words.t;
  if (!(error instanceof Fault)) return begin.fault.away;
  const { status, problem } = error;
  switch (status) {
    case 400:
      return begin.fault.length;
    case 403:
      return begin.fault.forbidden;
    case 404:
      return begin.fault.gone;
    case 409:
      return begin.fault.theirs;
    case 429:
      return begin.wait(Math.max(1, Math.ceil((problem.retry_after_ms ?? 0) / 1000)));
    case 503:
      return begin.fault.busy;
    default:
      return faultText(error);
  }
}
