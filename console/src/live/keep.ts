// What lies in this browser: drafts and what was not sent, for each agent of a workspace. A browser
// that keeps nothing (storage full or denied) says so once it is asked to write.

import type { Id } from "../protocol.ts";
import type { Item } from "./outbox.ts";

export interface Draft {
  text: string;
  mode: "reply" | "note";
  /** The line that it answers. */
  quoted?: Id;
}

export class Keep {
  private readonly base: string;

  constructor(workspace: string, agent: Id) {
    this.base = `baton.${workspace}.${agent}.`;
  }

  draft(conversation: Id): Draft | undefined {
    return this.read<Draft>(`draft.${conversation}`);
  }

  /** Whether it is kept. */
  keepDraft(conversation: Id, draft: Draft | undefined): boolean {
    return this.write(`draft.${conversation}`, draft);
  }

  outbox(): Item[] {
    return this.read<Item[]>("outbox") ?? [];
  }

  keepOutbox(items: Item[]): boolean {
    return this.write("outbox", items.length === 0 ? undefined : items);
  }

  wipe() {
    try {
      for (const key of Object.keys(localStorage)) {
        if (key.startsWith(this.base)) localStorage.removeItem(key);
      }
    } catch {
      // Nothing can be kept, so nothing is.
    }
  }

  private read<T>(key: string): T | undefined {
    try {
      const text = localStorage.getItem(this.base + key);
      return text === null ? undefined : (JSON.parse(text) as T);
    } catch {
      return undefined;
    }
  }

  private write(key: string, value: unknown): boolean {
    try {
      if (value === undefined) localStorage.removeItem(this.base + key);
      else localStorage.setItem(this.base + key, JSON.stringify(value));
      return true;
    } catch {
      return false;
    }
  }
}
