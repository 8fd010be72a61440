// Why the server refused something, in words.

import type { Desk } from "../live/session.svelte.ts";
import { words } from "../messages/index.svelte.ts";
import { whatIsWrong } from "../settings/fault.ts";
import type { Id, Refused } from "../protocol.ts";
import { agent, first, inside, owner } from "./words.ts";

export function whyRefused(desk: Desk, refused: Refused, conversation: Id): string {
  const { refused: r } = words.t;
  switch (refused.code) {
    case "stale":
      return r.staleAct(first(desk.get(conversation)));
    case "owner_changed":
    case "not_owner":
      return r.ownerChanged(owner(desk, refused.owner));
    case "being_answered":
      return r.beingAnswered(inside(agent(desk, refused.holder)));
    case "at_capacity":
      return r.atCapacity(agent(desk, refused.agent_id), refused.load, refused.capacity);
    case "window_closed":
      return refused.closed_at === null ? r.neverWrote : r.windowClosed;
    case "template_replaced":
      return r.templateReplaced(refused.name);
    case "invalid":
      return whatIsWrong(refused.field);
    default:
      return words.t.faults.refusal[refused.code] ?? words.t.faults.other(refused.code);
  }
}
