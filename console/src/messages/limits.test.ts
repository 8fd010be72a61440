import { expect, test } from "vitest";
import { KINDS } from "../settings/kind/kinds.ts";
import { LIMITS } from "../wire.ts";
import { ar } from "./ar.ts";
import { en } from "./en.ts";
import { es } from "./es.ts";
import { inviteWords } from "./invite.ts";
import { kindsAr } from "./kinds-ar.ts";
import { kindsEn } from "./kinds-en.ts";
import { kindsEs } from "./kinds-es.ts";
import { kindsPt } from "./kinds-pt.ts";
import { letterWords } from "./letters.ts";
import { pt } from "./pt.ts";

const ALL = { ar, en, es, pt };
/** The numbers that a text names. */
const numbers = (text: string) => (text.match(/\d+/g) ?? []).map(Number);

test("each text names the least length of a password that the server takes", () => {
  for (const [language, t] of Object.entries(ALL)) {
    const of = language as keyof typeof ALL;
    const texts = [
      inviteWords[of].passwordHint,
      letterWords[of].hint,
      t.settings.passwordHint,
      t.faults.wrongPassword,
    ];
    for (const text of texts) expect(numbers(text), text).toEqual([LIMITS.passwordCharsLeast]);
  }
});

test("a table that is too long is told how many it may have", () => {
  for (const { problem } of Object.values(inviteWords)) {
    expect(numbers(problem.too_many)).toEqual([LIMITS.invitedAtOnce]);
  }
});

test("hints of settings name the limits that the server declares", () => {
  const { canned_reply, rule, team_policy } = KINDS;
  for (const { kinds } of [kindsAr, kindsEn, kindsEs, kindsPt]) {
    const hints = [kinds.canned_reply, kinds.rule, kinds.team_policy].map((one) => one.hints);
    const [reply, does, team] = hints as Record<string, string>[];
    expect(numbers(reply?.["then"] ?? "")).toEqual([canned_reply.fields.then.most]);
    expect(numbers(does?.["then"] ?? "")).toEqual([rule.fields.then.most]);
    const { least, most } = team_policy.fields.undo_s;
    expect(numbers(team?.["undo_s"] ?? "")).toEqual([least, most]);
  }
});
