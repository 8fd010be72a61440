// Filters of the inbox that are kept by name: which conversations one shows, and where it leads.

import { type Held, headOf } from "../live/held.ts";
import type { Channel, Id, SavedView, ViewFilter } from "../protocol.ts";
import type { Place } from "../router.ts";
import { dayBefore, dayOf } from "../search/days.ts";

/** A text and what is resolved are looked for on the server: such a view is a search. */
export const isSearch = ({ text, status }: ViewFilter): boolean =>
  text !== undefined || status === "resolved";

export const viewId = (view: SavedView): string => `saved-${view.id}`;

/** Where a view leads. */
export function placeOf(view: SavedView): Place {
  const { filter } = view;
  if (!isSearch(filter)) return { at: "inbox", view: viewId(view), conversation: undefined };
  const { text = "", status, owner, team_id, channel_id, from, until } = filter;
  return {
    at: "search",
    q: text,
    ...(status === undefined ? {} : { status }),
    ...(owner === undefined ? {} : { owner }),
    ...(team_id === undefined ? {} : { team: team_id }),
    ...(channel_id === undefined ? {} : { channel: channel_id }),
    ...(from === undefined ? {} : { from: dayOf(from) }),
    ...(until === undefined ? {} : { until: dayBefore(until) }),
  };
}

/** Whether a view shows a conversation; a search shows none here. */
export function fits(filter: ViewFilter, held: Held, me: Id): boolean {
  // What the server looks for is not held.
  if (isSearch(filter)) return false;
  const { owner, status, team_id, channel_id, unanswered_since, activity_at } = headOf(held);
  const isUp = status.kind === "open" || status.kind === "waiting";
  if (filter.status === undefined ? !isUp : status.kind !== filter.status) return false;
  if (filter.team_id !== undefined && filter.team_id !== team_id) return false;
  if (filter.channel_id !== undefined && filter.channel_id !== channel_id) return false;
  if (filter.unanswered === true && unanswered_since === null) return false;
  const at = Date.parse(activity_at);
  if (filter.from !== undefined && at < Date.parse(filter.from)) return false;
  if (filter.until !== undefined && at >= Date.parse(filter.until)) return false;
  if (filter.owner === undefined) return true;
  if (filter.owner === "nobody") return owner.kind === "queue";
  return owner.kind === "agent" && owner.id === (filter.owner === "me" ? me : filter.owner);
}

/** The numbers that are told apart: none where there is one alone. */
export function numbersOf(desk: { channels: ReadonlyMap<Id, Channel> }, locale: string): Channel[] {
  if (desk.channels.size < 2) return [];
  return [...desk.channels.values()].sort((a, b) => a.name.localeCompare(b.name, locale));
}
