// What colleagues do this second, folded from frames: who types what, who looks, who is there. It
// is true for one connection only, and never decides what is sent.

import type { Id, LeaseHolder, ServerFrame } from "../protocol.ts";

export interface LiveDraft {
  agent: Id;
  text: string;
}

export interface Colleagues {
  leases: ReadonlyMap<Id, LeaseHolder>;
  drafts: ReadonlyMap<Id, LiveDraft>;
  viewing: ReadonlyMap<Id, Id[]>;
  online: ReadonlySet<Id>;
}

/** What a connection that was just made knows. */
export const unknown = (): Colleagues => ({
  leases: new Map(),
  drafts: new Map(),
  viewing: new Map(),
  online: new Set(),
});

/** How it stands after a frame; `undefined` for a frame that is about something else. */
export function told(now: Colleagues, frame: ServerFrame): Colleagues | undefined {
  switch (frame.type) {
    case "lease": {
      const { conversation_id: id, holder } = frame;
      const leases = withEntry(now.leases, id, holder ?? undefined);
      const drafts = holder === null ? withEntry(now.drafts, id, undefined) : now.drafts;
      return { ...now, leases, drafts };
    }
    case "draft": {
      const draft = { agent: frame.agent_id, text: frame.text };
      return { ...now, drafts: withEntry(now.drafts, frame.conversation_id, draft) };
    }
    case "viewing":
      return { ...now, viewing: withEntry(now.viewing, frame.conversation_id, frame.agents) };
    case "presence": {
      const online = new Set(now.online);
      for (const { agent_id, online: isOn } of frame.agents) {
        if (isOn) online.add(agent_id);
        else online.delete(agent_id);
      }
      return { ...now, online };
    }
    default:
      return undefined;
  }
}

function withEntry<T>(map: ReadonlyMap<Id, T>, id: Id, value: T | undefined): ReadonlyMap<Id, T> {
  const next = new Map(map);
  if (value === undefined) next.delete(id);
  else next.set(id, value);
  return next;
}
