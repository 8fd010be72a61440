// Outcomes: what a team asks for when an episode is resolved, and what was chosen.

import type { Event, Id, OutcomeChoice, Setting } from "../protocol.ts";
import type { Episode, Outcomes } from "../wire.ts";

/** What the dialog asks. */
export interface Asked {
  isRequired: boolean;
  list: readonly OutcomeChoice[];
}

/** What was chosen, as `resolve` takes it. */
export interface Chosen {
  outcome?: Id;
  outcome_text?: string;
}

type Held = ReadonlyMap<Id, Setting>;

/** The outcomes of a team, else of the workspace. */
function ofTeam(all: Held, team: Id): Outcomes | undefined {
  const settings = [...all.values()].filter(({ body }) => body !== null);
  const own = settings.find(({ home }) => home.kind === "team" && home.id === team);
  const found = own ?? settings.find(({ home }) => home.kind === "workspace");
  return found?.body as Outcomes | undefined;
}

/**
 * What is asked before conversations of these teams are resolved; nothing where nobody is asked.
 * One answer is for all of them, so only what each team has is offered.
 */
export function askedOf(all: Held | undefined, teams: readonly Id[]): Asked | undefined {
  if (all === undefined) return undefined;
  const each = [...new Set(teams)].map((team) => ofTeam(all, team));
  const isRequired = each.some((one) => one?.ask === "required");
  if (!isRequired && !each.some((one) => one?.ask === "offered")) return undefined;
  const [first, ...others] = each.map((one) => one?.list ?? []);
  const list = (first ?? []).filter(({ id }) =>
    others.every((other) => other.some((one) => one.id === id)),
  );
  return list.length === 0 ? undefined : { isRequired, list };
}

/** Whether one may resolve with what is chosen. */
export function isEnough(
  { isRequired, list }: Asked,
  { outcome, outcome_text = "" }: Chosen,
): boolean {
  const choice = list.find(({ id }) => id === outcome);
  if (choice === undefined) return !isRequired;
  return choice.needs_text !== true || outcome_text.trim() !== "";
}

/** How an episode ended: the name of its outcome by now, else as it was then. */
export function outcomeName(
  { outcome, said }: Pick<Episode, "outcome" | "said">,
  all: Held | undefined,
): string | undefined {
  const lists = [...(all?.values() ?? [])].map(({ body }) => (body as Outcomes | null)?.list ?? []);
  return lists.flat().find(({ id }) => id === outcome)?.name ?? said?.name;
}

/** What an event tells of an outcome: its name by now, else as it was then, and the text. */
export function saidOf(
  event: Event,
  all: Held | undefined,
): { name: string; text?: string } | undefined {
  if (event.type !== "status_changed" || event.outcome === undefined) return undefined;
  const { outcome, content } = event;
  const then = content !== undefined && "outcome" in content ? content.outcome : undefined;
  const name = outcomeName({ outcome, ...(then === undefined ? {} : { said: then }) }, all);
  if (name === undefined) return undefined;
  return { name, ...(then?.text === undefined ? {} : { text: then.text }) };
}
