// What the server would not do, in words for the person who asked.

import { Fault } from "../live/api.ts";
import { words } from "../messages/index.svelte.ts";

export function faultText(error: unknown): string {
  const { t } = words;
  if (!(error instanceof Fault)) return t.sign.away;
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
