// What a rule did, as a line of the system's.

import type { Desk } from "../live/session.svelte.ts";
import { ruleWords } from "../messages/rules.ts";
import type { Language } from "../messages/index.svelte.ts";
import type { Event } from "../protocol.ts";
import { nameOf } from "./tags.ts";

type Ran = Event & { type: "rule_ran" };
type Step = NonNullable<Ran["did"]>[number];

/** One sentence: its name, what it did, and what it could not do. */
export function ruleText(desk: Pick<Desk, "teams" | "settings">, language: Language, event: Ran): string {
  const w = ruleWords[language];
  if (event.cut === true) return w.ran(event.name, w.cut);
  const step = (of: Step): string => {
    const named = (id: string | undefined) => (id === undefined ? undefined : nameOf(desk.settings.of("tag"), id));
    if (of.do === "tag") return w.tag(named(of.tag) ?? "…");
    if (of.do === "untag") return w.untag(named(of.tag) ?? "…");
    if (of.do === "route") return w.route(desk.teams.get(of.team)?.name ?? "…");
    return w.steps[of.do] ?? of.do;
  };
  const did = (event.did ?? []).map(step).join(", ");
  const skipped = (event.skipped ?? []).map((one) => `${step(one.step)} (${w.why[one.why] ?? one.why})`).join(", ");
  const note = event.content !== undefined && "note" in event.content ? event.content.note.text : null;
  const said = [did === "" ? w.nothing : did, skipped === "" ? "" : w.skipped(skipped)].filter((part) => part !== "");
  return w.ran(event.name, said.join("; ")) + (note === null ? "" : ` — ${note}`);
}
