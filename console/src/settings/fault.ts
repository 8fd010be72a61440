// What the server would not do, in words for the person who asked.

import { Fault } from "../live/api.ts";
import { words } from "../messages/index.svelte.ts";
import type { ConnectionFault } from "../protocol.ts";

/** A wrong setting of a number, by its code. */
const health = (code: string): ConnectionFault | undefined =>
  code in words.t.health.fault ? (code as ConnectionFault) : undefined;

export function faultText(error: unknown): string {
  const { t } = words;
  if (!(error instanceof Fault)) return t.sign.away;
  const named = health(error.code);
  if (named !== undefined) return t.health.fault[named];
  switch (error.code) {
    case "taken":
      return t.settings.taken;
    case "wrong_credentials":
      return t.settings.wrongPassword;
    case "forbidden":
      return t.settings.adminsOnly;
    case "not_found":
      return t.settings.notThere;
    case "rate_limited":
      return t.sign.tooMany;
    default:
      return t.refused.other(error.problem.detail);
  }
}
