// Which reminders of agents stand on a conversation: the same rules as `domain::reminders`.

import type { Event, Reminder } from "../protocol.ts";

const SILENT = /^(reaction|edit|revocation|unreadable)$/u;

/** Those that stand after an event. */
export function remindersAfter(before: readonly Reminder[], event: Event): Reminder[] {
  const { type } = event;
  const {
    agent_id,
    remind_at: at = "",
    follow_up,
    note_id,
  } = event as Partial<Event & { type: "reminder_set" }>;
  const by = event.actor.kind === "agent" ? event.actor.id : "";
  const stays = (one: Reminder): boolean => {
    if (type === "reminder_set" || type === "reminder_ended") return one.agent_id !== agent_id;
    if (type === "line_received")
      return one.follow_up !== true || event.turn === null || SILENT.test(event.kind);
    if (type === "line_written") {
      const { author, turn } = event;
      return (
        one.follow_up === true ||
        turn !== null ||
        author.kind !== "agent" ||
        author.id !== one.agent_id
      );
    }
    if (type !== "status_changed" || event.status.kind !== "resolved") return true;
    return one.follow_up !== true && one.agent_id !== by;
  };
  const rest = before.filter(stays);
  if (type !== "reminder_set") return rest;
  const set = {
    agent_id,
    at,
    ...(follow_up && { follow_up }),
    ...(note_id && { note_id }),
  } as Reminder;
  return [...rest, set].sort((a, b) => (a.agent_id < b.agent_id ? -1 : 1));
}
