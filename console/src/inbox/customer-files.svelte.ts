// The files of a customer, in all conversations with them that one sees: as the server tells them,
// and before it did those of the lines that are here.

import type { Desk } from "../live/session.svelte.ts";
import type { CustomerFile, CustomerFiles, Id, Line } from "../protocol.ts";
import { filesOf } from "../viewer/files.ts";

const AT_ONCE = 30;

/** Those that are here with those that the server told, each once, the newest first. */
export function joined(
  here: readonly CustomerFile[],
  told: readonly CustomerFile[],
): CustomerFile[] {
  const known = new Set(here.map(({ line }) => line.id));
  const all = [...here, ...told.filter(({ line }) => !known.has(line.id))];
  return all.sort((a, b) => Date.parse(b.line.at) - Date.parse(a.line.at));
}

export class FilesOfCustomer {
  private told: readonly CustomerFile[] = $state.raw([]);
  private next: string | undefined = $state();
  /** Whether the server was asked about this customer, with success. */
  isTold = $state(false);
  private turn = 0;
  constructor(private readonly desk: Desk) {}

  get hasMore(): boolean {
    return this.next !== undefined;
  }

  /** Asks anew; an answer that another question overtook is dropped. */
  async read(contact: Id): Promise<void> {
    this.turn += 1;
    [this.told, this.next, this.isTold] = [[], undefined, false];
    await this.ask(contact).catch(() => {
      // An older server, or none now: those that are here are shown.
    });
  }

  /** Asks for older ones. */
  more(contact: Id): Promise<void> {
    return this.ask(contact, this.next);
  }

  private async ask(contact: Id, page?: string): Promise<void> {
    const mine = this.turn;
    const query = new URLSearchParams({
      limit: `${AT_ONCE}`,
      ...(page === undefined ? {} : { page }),
    });
    const { files, next } = await this.desk.ask<CustomerFiles>(
      `/contacts/${contact}/files?${query}`,
    );
    if (mine !== this.turn) return;
    [this.told, this.next, this.isTold] = [[...this.told, ...files], next, true];
  }

  /** All that are known, the newest first. */
  of(conversation: Id, lines: readonly Line[]): CustomerFile[] {
    const here = filesOf(lines).map((line) => ({ conversation_id: conversation, line }));
    return joined(here, this.told);
  }
}
