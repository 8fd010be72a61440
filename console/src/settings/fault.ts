// What the server would not do, in words for the person who asked.

import { Fault } from "../live/api.ts";
import { words } from "../messages/index.svelte.ts";
import type { ConnectionFault } from "../protocol.ts";

/** A wrong setting of a number, by its code. */
const health = (code: string): ConnectionFault | undefined =>
  code in words.t.health.fault ? (code as ConnectionFault) : undefined;

/** In words. `isNamed` where what is missing was named by hand, and may never have been there. */
export function faultText(error: unknown, isNamed = false): string {
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
      return isNamed ? t.settings.neverThere : t.settings.notThere;
    case "rate_limited":
      return t.sign.tooMany;
    case "invalid":
      // The server's own words begin with the field.
      return whatIsWrong(/^[\w.]+(?=:)/.exec(error.problem.detail)?.[0] ?? "");
    default:
      return (
        (t.faults.problem as Partial<Record<string, string>>)[error.code] ??
        t.faults.other(error.code)
      );
  }
}

/** Fields by what people call them; several are parts of a file. */
const FILE = ["kind", "media_type", "bytes", "sha256", "upload", "details.upload", "details.kind"];

/** What the server does not take, by the name that people know of it. */
export function whatIsWrong(field: string): string {
  const { faults } = words.t;
  const last = field.split(".").at(-1) ?? "";
  const known = FILE.includes(field) ? "file" : last === "link" ? "url" : last;
  const fields: Partial<Record<string, string>> = faults.fields;
  const called = Object.hasOwn(fields, known) ? fields[known] : undefined;
  if (field === "password" || field === "next") return faults.wrongPassword;
  return called === undefined ? faults.wrongSomewhere : faults.wrong(called);
}
