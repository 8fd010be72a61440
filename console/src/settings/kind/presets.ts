// Ready rules: turned on in two taps, and changed as any other afterwards.

import type { RuleWords } from "../../messages/rules.ts";
import type { Values } from "./fields.ts";

/** The ready rules, in the order in which they are offered. */
export const PRESETS = [
  "acknowledge",
  "closed",
  "unanswered",
  "unassigned",
  "window",
  "window_lead",
  "follow_up",
  "follow_up_lead",
  "vip",
  "leads",
  "ads",
  "sort",
  "language",
  "topic",
  "pass_on",
  "thanks",
  "on_call",
  "in_turn",
  "late_joiners",
  "opt_out",
  "machine",
] as const;
export type Preset = (typeof PRESETS)[number];
/** What somebody chooses for a ready rule before it is on. */
export type Blank = "schedule" | "tag" | "team" | "words" | "language" | "until";

/** What was chosen for a ready rule; the words with commas between them. */
export type Chosen = Partial<Record<Blank, string>>;

/** What is to be chosen before a ready rule can be on. */
export const BLANKS: Partial<Record<Preset, readonly Blank[]>> = {
  closed: ["schedule"],
  vip: ["tag"],
  leads: ["tag", "team"],
  ads: ["tag", "team"],
  sort: ["words", "tag", "team"],
  language: ["language", "team"],
  topic: ["words", "tag"],
  pass_on: ["tag", "team"],
  on_call: ["schedule", "team"],
  late_joiners: ["words", "tag", "until"],
  machine: ["tag"],
};

const HIGH = { do: "priority", priority: "high" };
const notify = (whom: string) => ({ do: "notify", whom });
const wordsOf = (text = "") =>
  text
    .split(/[,،]/u)
    .map((word) => word.trim())
    .filter((word) => word !== "");

/** Whether all is chosen that a ready rule needs. */
export const isChosen = (preset: Preset, chosen: Chosen): boolean =>
  (BLANKS[preset] ?? []).every((blank) =>
    blank === "words" ? wordsOf(chosen.words).length > 0 : (chosen[blank] ?? "") !== "",
  );

/** The body of a ready rule, in somebody's language. */
export function bodyOf(preset: Preset, w: RuleWords, chosen: Chosen = {}): Values {
  const base = { name: w.presets[preset].name, enabled: true };
  const { schedule, tag, team, language, until } = chosen;
  switch (preset) {
    case "acknowledge":
      return {
        ...base,
        when: "message",
        if: [{ test: "owner", is: "queue" }],
        then: [{ do: "reply", text: w.texts.acknowledge }],
      };
    case "closed":
      return {
        ...base,
        when: "message",
        if: [{ test: "hours", schedule, not: true }],
        then: [{ do: "reply", text: w.texts.closed }],
      };
    case "unanswered":
      return {
        ...base,
        when: "unanswered",
        after_min: 120,
        then: [notify("owner"), notify("supervisors"), HIGH],
      };
    case "unassigned":
      return { ...base, when: "unassigned", after_min: 10, then: [notify("team")] };
    case "window":
      return {
        ...base,
        when: "window_left",
        after_min: 120,
        once: "always",
        then: [notify("owner")],
      };
    case "window_lead":
      return {
        ...base,
        when: "window_left",
        after_min: 30,
        once: "always",
        then: [notify("supervisors")],
      };
    case "follow_up":
      return { ...base, when: "idle", after_min: 480, once: "always", then: [notify("owner")] };
    case "follow_up_lead":
      return {
        ...base,
        when: "idle",
        after_min: 960,
        once: "always",
        then: [notify("supervisors")],
      };
    case "vip":
      return {
        ...base,
        when: "message",
        if: [{ test: "tag", any_of: [tag] }],
        then: [{ do: "note", text: w.texts.vip }, HIGH, notify("supervisors")],
      };
    case "leads":
      return {
        ...base,
        when: "first_message",
        then: [
          { do: "tag", tag },
          { do: "route", team },
        ],
      };
    case "ads":
      return {
        ...base,
        when: "message",
        if: [{ test: "from_ad" }],
        then: [
          { do: "tag", tag },
          { do: "route", team },
        ],
        once: "episode",
      };
    case "sort":
      return {
        ...base,
        when: "message",
        if: [{ test: "text", any_of: wordsOf(chosen.words) }],
        then: [
          { do: "tag", tag },
          { do: "route", team },
        ],
        once: "episode",
      };
    case "language":
      return {
        ...base,
        when: "message",
        if: [
          { test: "language", any_of: [language] },
          { test: "team", any_of: [team], not: true },
          { test: "owner", is: "queue" },
        ],
        then: [{ do: "route", team }],
        once: "episode",
      };
    case "topic":
      return {
        ...base,
        when: "message",
        if: [{ test: "text", any_of: wordsOf(chosen.words) }],
        then: [{ do: "tag", tag }],
        once: "episode",
      };
    // Once an episode: a person may move it afterwards, and the rule does not move it back.
    case "pass_on":
      return {
        ...base,
        when: "tagged",
        if: [{ test: "tag", any_of: [tag] }],
        then: [{ do: "route", team }],
        once: "episode",
      };
    case "on_call":
      return {
        ...base,
        when: "message",
        if: [{ test: "hours", schedule, not: true }],
        then: [
          { do: "reply", text: w.texts.closed },
          { do: "route", team },
        ],
      };
    case "in_turn":
      return {
        ...base,
        when: "episode_opened",
        if: [{ test: "owner", is: "queue" }],
        then: [{ do: "assign", by: "round_robin" }],
      };
    case "late_joiners":
      return {
        ...base,
        when: "message",
        if: [{ test: "text", any_of: wordsOf(chosen.words) }],
        then: [
          { do: "reply", text: w.texts.late },
          { do: "tag", tag },
        ],
        until,
      };
    case "opt_out":
      return {
        ...base,
        when: "message",
        if: [{ test: "text", any_of: w.texts.optOut, exactly: true }],
        then: [{ do: "stop_marketing" }, { do: "note", text: w.texts.optedOut }],
        once: "always",
      };
    case "machine":
      return {
        ...base,
        when: "limited",
        then: [{ do: "tag", tag }, notify("team")],
        once: "episode",
      };
    case "thanks":
      return {
        ...base,
        when: "message",
        if: [{ test: "text", any_of: w.texts.thanks, exactly: true }],
        then: [{ do: "resolve" }],
        once: "always",
      };
  }
}
