import { expect, test } from "vitest";
import { healthAr } from "../messages/health.ar.ts";
import { healthEs } from "../messages/health.es.ts";
import { healthPt } from "../messages/health.pt.ts";
import { healthEn } from "../messages/health.ts";
import type { ChannelHealth, MetaNews } from "../protocol.ts";
import { sayHealth } from "./say.ts";

const at = "2026-03-12T10:00:00.000Z";
const health = (faults: ChannelHealth["faults"], news: MetaNews[]): ChannelHealth => ({
  state: "attention",
  since: at,
  faults,
  news,
});

test("a number says what is wrong and what to do, in every language, and what Meta said of it", () => {
  const rejected: MetaNews = { about: "review", at, said: "REJECTED", remedy: "Ask for another." };
  for (const t of [healthEn, healthEs, healthPt, healthAr]) {
    const [fault, review] = sayHealth(t, health(["account_restricted"], [rejected]));
    expect(fault).toBe(t.fault.account_restricted);
    expect(review).toBe(`${t.news.review.acts} · REJECTED`);
    for (const { acts, plain } of Object.values(t.news)) expect([acts, plain].every(Boolean)).toBe(true);
    expect(new Set(Object.values(t.notice).map((say) => say("Main"))).size).toBe(3);
  }
});

test("what nobody has to mend is told plainly, and what a newer server tells as far as it goes", () => {
  const named: MetaNews = { about: "name", at, text: "Bikes and Co" };
  const odd = { about: "from_the_future", at, said: "NEW" } as unknown as MetaNews;
  expect(sayHealth(healthEn, health([], [named, odd]))).toEqual(["The display name changed. · Bikes and Co", "NEW"]);
});
