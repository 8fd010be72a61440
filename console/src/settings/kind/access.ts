// Who may set settings of a kind: as `domain::setting::may_set` has it. The server decides; here it
// is only what is offered.

import type { Desk } from "../../live/session.svelte.ts";
import type { Home } from "../../protocol.ts";
import { type SettingKind, kindOf } from "./fields.ts";

/** Admins may set all but what is an agent's own. */
type Setter = "own" | "supervisors" | "any supervisor" | "admins";
const SETTERS: Record<SettingKind, Setter> = {
  canned_reply: "own",
  tag: "any supervisor",
  attribute: "admins",
  outcomes: "supervisors",
  team_policy: "admins",
  routing: "supervisors",
  workspace_policy: "admins",
  schedule: "supervisors",
};

type Viewer = Pick<Desk, "me" | "who" | "teams" | "agents" | "channels" | "supervises">;

export function maySet(desk: Viewer, kind: SettingKind, home: Home): boolean {
  const role = desk.me?.agent.role;
  const setter = SETTERS[kind];
  if (setter === "own" && home.kind === "agent") return home.id === desk.who.agent_id;
  if (setter === "any supervisor") return role === "supervisor" || role === "admin";
  if (setter !== "admins" && home.kind === "team") return desk.supervises(home.id);
  return role === "admin";
}

/** The homes at which somebody may have one. */
export function homesOf(desk: Viewer, kind: SettingKind): Home[] {
  const all = kindOf(kind).homes.flatMap((home): Home[] => {
    if (home === "workspace") return [{ kind: home }];
    if (home === "team") return [...desk.teams.keys()].map((id) => ({ kind: home, id }));
    if (home === "channel") return [...desk.channels.keys()].map((id) => ({ kind: home, id }));
    const people = [...desk.agents.values()].filter(({ state }) => state !== "inactive");
    return people.map(({ id }) => ({ kind: home, id }));
  });
  return all.filter((home) => maySet(desk, kind, home));
}
