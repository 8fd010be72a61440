// What a team asks of an agent who hands a conversation over.

import type { Id, Owner, Setting } from "../protocol.ts";
import type { TeamPolicy } from "../wire.ts";

export type NoteAsked = "optional" | "prompted" | "required";

/**
 * Whether the team of a conversation asks for a note with this hand-over. It asks supervisors for
 * none. It asks for none where a queue owns the conversation, or where it goes back to its own.
 */
export function noteAsked(
  all: ReadonlyMap<Id, Setting> | undefined,
  { team_id, owner }: { team_id: Id; owner: Owner },
  to: Owner | undefined,
  supervises: boolean,
): NoteAsked {
  const isBack = to?.kind === "queue" && to.id === team_id;
  if (supervises || isBack || owner.kind !== "agent") return "optional";
  const settings = [...(all?.values() ?? [])].filter(({ body }) => body !== null);
  const found = settings.find(({ home }) => home.kind === "team" && home.id === team_id);
  return (found?.body as TeamPolicy | undefined)?.handover_note ?? "optional";
}
