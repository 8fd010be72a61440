// What a team asks of an agent who hands a conversation over.

import type { Id, Owner, Setting } from "../protocol.ts";
import type { TeamPolicy } from "../wire.ts";

export type NoteAsked = "optional" | "prompted" | "required";

/**
 * Whether the team of a conversation asks for a note when it goes to somebody. Supervisors are
 * asked none, and neither is who takes it from a queue or gives it back to its team's.
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
