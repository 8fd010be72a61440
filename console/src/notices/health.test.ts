import { expect, test } from "vitest";
import { ar } from "../messages/ar.ts";
import { en } from "../messages/en.ts";
import { es } from "../messages/es.ts";
import { numberHealthWords } from "../messages/number-health.ts";
import { pt } from "../messages/pt.ts";
import type { ChannelHealth, MetaNews } from "../protocol.ts";
import { sayHealth } from "./health.ts";

const at = "2026-03-12T10:00:00.000Z";
const health = (faults: ChannelHealth["faults"], news: MetaNews[]): ChannelHealth => ({
  state: "attention",
  since: at,
  faults,
  news,
});

test("a number says what is wrong and what to do, in every language, and what Meta said of it", () => {
  const rejected: MetaNews = { about: "review", at, said: "REJECTED", remedy: "Ask for another." };
  for (const [t, w] of [
    [en.health, numberHealthWords.en],
    [es.health, numberHealthWords.es],
    [pt.health, numberHealthWords.pt],
    [ar.health, numberHealthWords.ar],
  ] as const) {
    const [fault, review] = sayHealth(t, w, health(["account_restricted"], [rejected]));
    expect(fault).toBe(t.fault.account_restricted);
    expect(review).toBe(`${w.news.review.acts} · REJECTED`);
    for (const { acts, plain } of Object.values(w.news))
      expect([acts, plain].every(Boolean)).toBe(true);
    expect(new Set(Object.values(t.notice).map((say) => say("Main"))).size).toBe(3);
  }
});

test("what nobody has to mend is told plainly, and what a newer server tells as far as it goes", () => {
  const named: MetaNews = { about: "name", at, text: "Bikes and Co" };
  const odd = { about: "from_the_future", at, said: "NEW" } as unknown as MetaNews;
  expect(sayHealth(en.health, numberHealthWords.en, health([], [named, odd]))).toEqual([
    "The display name changed. · Bikes and Co",
    "NEW",
  ]);
});
