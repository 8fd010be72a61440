// Who may set settings of a kind, as the server says it with the kind. It decides; here it is only
// what is offered.

import type { Desk } from "../../live/session.svelte.ts";
import type { Home } from "../../protocol.ts";
import { type SettingKind, kindOf } from "./fields.ts";

type Viewer = Pick<Desk, "me" | "who" | "teams" | "agents" | "channels" | "supervises">;

export function maySet(desk: Viewer, kind: SettingKind, home: Home): boolean {
  const role = desk.me?.agent.role;
  const { setters } = kindOf(kind);
  if (setters.own && home.kind === "agent") return home.id === desk.who.agent_id;
  if (setters.supervisors && home.kind === "team" && desk.supervises(home.id)) return true;
  return role !== undefined && setters.roles.includes(role);
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
