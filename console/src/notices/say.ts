// What a notice says, in a sentence.

import type { HealthWords } from "../messages/health.ts";
import type { NoticeWords } from "../messages/notices.ts";
import type { ChannelHealth, MetaNews, NoticeKind, NoticeReason } from "../protocol.ts";

export function sayNotice(
  w: NoticeWords,
  kind: NoticeKind,
  by: string,
  customer: string,
  reason?: NoticeReason,
): string {
  if (reason !== undefined) return sayReason(w, customer, reason) ?? w.told[kind](by, customer);
  return w.told[kind](by, customer);
}

/** Why Baton calls by itself; undefined where this version does not know the reason. */
function sayReason(w: NoticeWords, customer: string, reason: NoticeReason): string | undefined {
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

/** What is wrong with a number and what to do, a sentence each; then what Meta told lately. */
export function sayHealth(t: HealthWords, { faults, news = [] }: ChannelHealth): string[] {
  return [...faults.map((fault) => t.fault[fault]), ...news.map((one) => sayNews(t, one))];
}

export function sayNews(t: HealthWords, { about, said, text, remedy }: MetaNews): string {
  // A newer server may tell of more than this page knows.
  const known = (t.news as Partial<HealthWords["news"]>)[about];
  const sentence = remedy === undefined ? known?.plain : known?.acts;
  const words = [text ?? "", said ?? ""].filter((word) => word !== "").join(", ");
  return [sentence ?? "", words].filter((part) => part !== "").join(" · ");
}
