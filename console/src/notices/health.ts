// How a number stands, in sentences.

import type { Messages } from "../messages/en.ts";
import type { NumberHealthWords } from "../messages/number-health.ts";
import type { ChannelHealth, MetaNews } from "../protocol.ts";

/** What is wrong with a number and what to do, a sentence each; then what Meta told lately. */
export function sayHealth(
  t: Messages["health"],
  w: NumberHealthWords,
  health: ChannelHealth,
): string[] {
  const { faults, news = [] } = health;
  return [...faults.map((fault) => t.fault[fault]), ...news.map((one) => sayNews(w, one))];
}

export function sayNews(w: NumberHealthWords, { about, said, text, remedy }: MetaNews): string {
  // A newer server may tell of more than this page knows.
  const known = (w.news as Partial<NumberHealthWords["news"]>)[about];
  const sentence = remedy === undefined ? known?.plain : known?.acts;
  const words = [text ?? "", said ?? ""].filter((word) => word !== "").join(", ");
  return [sentence ?? "", words].filter((part) => part !== "").join(" · ");
}
