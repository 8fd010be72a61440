// Whether a colleague hears of something: connected, reached by a push, or neither and since when.

import * as format from "../format.ts";
import type { Desk } from "../live/session.svelte.ts";
import { words } from "../messages/index.svelte.ts";
import type { Colleague, Id } from "../protocol.ts";

export type Presence = "on" | "reach" | "gone";

export function presenceOf({ id, reach }: Colleague, online: ReadonlySet<Id>): Presence {
  if (online.has(id)) return "on";
  return reach?.by_push === true ? "reach" : "gone";
}

export function presenceText(
  desk: Pick<Desk, "isLive" | "online" | "now">,
  agent: Colleague,
): string {
  const { t, locale } = words;
  if (!desk.isLive) return t.presence.unknown;
  const presence = presenceOf(agent, desk.online);
  if (presence === "on") return t.presence.online;
  if (presence === "reach") return t.presence.byPush;
  // Servers from before tell nothing of it.
  if (agent.reach === undefined) return t.presence.offline;
  const { heard_at } = agent.reach;
  if (heard_at === null) return t.presence.never;
  return t.presence.gone(format.age(locale, Math.max(0, desk.now() - Date.parse(heard_at))));
}
