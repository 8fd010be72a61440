// What a line of the timeline says of a reminder.

import * as format from "../format.ts";
import { words } from "../messages/index.svelte.ts";
import { reminderWords } from "../messages/reminders.ts";
import type { Event } from "../protocol.ts";

export type ReminderTold = Event & { type: "reminder_set" | "reminder_ended" };

/** `of` is the name of the agent who set the reminder. */
export function reminderText(event: ReminderTold, of: string, now: number): string {
  const w = reminderWords[words.language];
  if (event.type === "reminder_ended")
    return event.due_at === undefined ? w.removed(of) : w.rang(of);
  const at = format.moment(words.locale, Date.parse(event.remind_at), now);
  const said = event.follow_up === true ? w.follows(of, at) : w.wants(of, at);
  const about =
    event.content !== undefined && "note" in event.content ? event.content.note.text : null;
  return about === null ? said : `${said}: ${about}`;
}
