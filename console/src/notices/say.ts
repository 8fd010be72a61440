// What a notice says, in a sentence.

import type { HealthWords } from "../messages/health.ts";
import type { NoticeWords } from "../messages/notices.ts";
import type { ChannelHealth, MetaNews, NoticeKind } from "../protocol.ts";

export function sayNotice(w: NoticeWords, kind: NoticeKind, by: string, customer: string): string {
  if (kind === "mention" || kind === "assigned") return w.told[kind](by, customer);
  return w.told[kind](customer);
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
