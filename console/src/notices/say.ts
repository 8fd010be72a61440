// What a notice says, in a sentence.

import type { NoticeWords } from "../messages/notices.ts";
import type { NoticeKind } from "../protocol.ts";

export function sayNotice(w: NoticeWords, kind: NoticeKind, by: string, customer: string): string {
  if (kind === "mention" || kind === "assigned") return w.told[kind](by, customer);
  return w.told[kind](customer);
}
