// What a rule did, as a line of the system's.

import type { Desk } from "../live/session.svelte.ts";
import { ruleWords } from "../messages/rules.ts";
import { type Language, name } from "../messages/index.svelte.ts";
import type { Event } from "../protocol.ts";
import { type ReminderTold, reminderText } from "./reminder-said.ts";
import { nameOf } from "./tags.ts";

type Ran = Event & { type: "rule_ran" };
type Step = NonNullable<Ran["did"]>[number];

type Skipped = NonNullable<Ran["skipped"]>[number];

/** A step as one reads it. */
function stepText(desk: Pick<Desk, "teams" | "settings">, language: Language, of: Step): string {
  const w = ruleWords[language];
  const named = (id: string | undefined) =>
    id === undefined ? undefined : nameOf(desk.settings.of("tag"), id);
  if (of.do === "tag") return w.tag(named(of.tag) ?? "…");
  if (of.do === "untag") return w.untag(named(of.tag) ?? "…");
  if (of.do === "route") return w.route(desk.teams.get(of.team)?.name ?? "…");
  return w.steps[of.do] ?? of.do;
}

/** What a rule does and what it cannot do, without its name. */
export function doneText(
  desk: Pick<Desk, "teams" | "settings">,
  language: Language,
  { did, skipped }: { did?: readonly Step[] | undefined; skipped?: readonly Skipped[] | undefined },
): string {
  const w = ruleWords[language];
  const done = (did ?? []).map((of) => stepText(desk, language, of)).join(", ");
  const why = ({ step, why }: Skipped) =>
    `${stepText(desk, language, step)} (${w.why[why] ?? why})`;
  const not = (skipped ?? []).map(why).join(", ");
  return [done === "" ? w.nothing : done, not === "" ? "" : w.skipped(not)]
    .filter((part) => part !== "")
    .join("; ");
}

/** One sentence: its name, what it did, and what it could not do; or what became of a reminder. */
export function ruleText(desk: Desk, language: Language, event: Ran | ReminderTold): string {
  if (event.type !== "rule_ran")
    return reminderText(event, name(desk.agentName(event.agent_id)), desk.now());
  const w = ruleWords[language];
  const called = event.name === "" ? w.own : event.name;
  if (event.cut === true) return w.ran(called, w.cut);
  const note =
    event.content !== undefined && "note" in event.content ? event.content.note.text : null;
  return w.ran(called, doneText(desk, language, event)) + (note === null ? "" : ` — ${note}`);
}
