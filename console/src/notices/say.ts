// What a notice says, in a sentence.

import type { CallWords } from "../messages/calls.ts";
import type { NoticeWords } from "../messages/notices.ts";
import type { NoticeKind, NoticeReason } from "../protocol.ts";

export function sayNotice(
  w: NoticeWords,
  calls: CallWords,
  kind: NoticeKind,
  by: string,
  customer: string,
  reason?: NoticeReason,
): string {
  if (reason !== undefined) return sayReason(calls, customer, reason) ?? w.told[kind](by, customer);
  return w.told[kind](by, customer);
}

/** Why Baton calls by itself; undefined where this version does not know the reason. */
function sayReason(w: CallWords, customer: string, reason: NoticeReason): string | undefined {
  switch (reason.kind) {
    case "promise_ends":
      return w.ends[reason.answer](customer);
    case "promise_broken":
      return w.broken[reason.answer](customer);
    case "rule":
      return reason.name === "" ? w.idle(customer) : w.rule(reason.name, customer);
    case "nobody_there":
      return w.nobody(customer);
    case "owner_away":
      return w.away(customer);
    case "urgent":
      return w.urgent(customer);
    default:
      return undefined;
  }
}
