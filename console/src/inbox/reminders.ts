// The reminder that an agent has on a conversation.

import type { Held } from "../live/held.ts";
import type { Id, Reminder } from "../protocol.ts";

export function reminderOf(held: Held | undefined, agent: Id): Reminder | undefined {
  if (held?.level !== "full") return undefined;
  return held.view.thread.reminders?.find((one) => one.agent_id === agent);
}
