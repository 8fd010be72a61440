// The browser's database: what lies in it, and how it is written. Each record is of one agent of a
// workspace, its base. It is not sealed: a key would lie beside it.

import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB } from "idb";
import type { Channel, Colleague, Id, Me, SavedView, Team, View } from "../protocol.ts";
import type { Lines } from "./held.ts";
import type { Item } from "./outbox.ts";

export interface Draft {
  text: string;
  mode: "reply" | "note";
  /** The line that it answers. */
  quoted?: Id;
  /** It is how the episode was about to end, with the outcome that was chosen. */
  ending?: { episode: number; outcome?: Id };
}

/** A conversation as it was last seen. */
export interface Copy {
  view: View;
  lines?: Lines;
}

/** What else a page without a network shows. */
export interface Scene {
  epoch: Id;
  /** When the server was last heard, ms. */
  at: number;
  me?: Me;
  agents: Colleague[];
  teams: Team[];
  channels: Channel[];
  views: readonly SavedView[];
  /** Conversations whose lines are here, the last opened first. */
  opened: Id[];
}

type Key = [base: string, id: string];
interface Schema extends DBSchema {
  drafts: { key: Key; value: Draft };
  outbox: { key: Key; value: Item };
  copies: { key: Key; value: Copy };
  scenes: { key: Key; value: Scene };
}
export type Kind = "drafts" | "outbox" | "copies" | "scenes";
/** `strict`: on the disk before it is said to be kept. */
export type Durability = "strict" | "relaxed";
/** Without a value it is taken out. */
export type Write = {
  [K in Kind]: {
    kind: K;
    id: string;
    value: Schema[K]["value"] | undefined;
    /** Only in the place of what is still there: what another tab took out stays out. */
    isRenewal?: boolean;
  };
}[Kind];

const NAME = "baton";
const VERSION = 1;
/** A browser that does not answer within this time keeps nothing, ms. */
const OPEN_MS = 3_000;
const WRITE_MS = 3_000;

export class Store {
  private database: IDBPDatabase<Schema> | undefined;
  private opening: Promise<IDBPDatabase<Schema>> | undefined;
  private isAsked = false;

  constructor(private readonly base: string) {}

  /** All of a kind, by id; none where the browser keeps nothing. */
  async all<K extends Kind>(kind: K): Promise<Map<string, Schema[K]["value"]> | undefined> {
    try {
      const database = await this.open();
      const tx = database.transaction(kind, "readonly");
      const range = this.range();
      const [keys, values] = await Promise.all([
        tx.store.getAllKeys(range),
        tx.store.getAll(range),
      ]);
      return new Map(keys.map((key, n) => [key[1], values[n] as Schema[K]["value"]]));
    } catch {
      return undefined;
    }
  }

  /** All of these or none; whether they are kept. */
  async write(writes: readonly Write[], durability: Durability): Promise<boolean> {
    if (writes.length === 0) return true;
    return this.run([...new Set(writes.map(({ kind }) => kind))], durability, (tx) =>
      writes.map(async ({ kind, id, value, isRenewal }) => {
        const store = tx.objectStore(kind);
        const key: Key = [this.base, id];
        if (value === undefined) await store.delete(key);
        else if (isRenewal !== true || (await store.getKey(key)) !== undefined)
          await store.put(value, key);
      }),
    );
  }

  /** Takes out everything of this base. */
  wipe(): Promise<boolean> {
    const kinds: Kind[] = ["drafts", "outbox", "copies", "scenes"];
    return this.run(kinds, "strict", (tx) =>
      kinds.map((kind) => tx.objectStore(kind).delete(this.range())),
    );
  }

  private async run(
    kinds: Kind[],
    durability: Durability,
    work: (tx: IDBPTransaction<Schema, Kind[], "readwrite">) => Promise<unknown>[],
  ): Promise<boolean> {
    try {
      const database = this.database ?? (await this.open());
      const tx = database.transaction(kinds, "readwrite", { durability });
      // What fails of them fails the whole, and is told there.
      for (const one of work(tx)) one.catch(() => undefined);
      await within(WRITE_MS, tx.done);
      this.askToStay();
      return true;
    } catch {
      return false;
    }
  }

  private range(): IDBKeyRange {
    return IDBKeyRange.bound([this.base], [this.base, []]);
  }

  /** A browser that runs out of room empties other sites first. */
  private askToStay() {
    if (this.isAsked) return;
    this.isAsked = true;
    // Only pages of a secure origin may ask.
    const storage = navigator.storage as StorageManager | undefined;
    void storage?.persist?.().catch(() => undefined);
  }

  private async open(): Promise<IDBPDatabase<Schema>> {
    this.opening ??= within(
      OPEN_MS,
      openDB<Schema>(NAME, VERSION, {
        upgrade: (database) => {
          for (const kind of ["drafts", "outbox", "copies", "scenes"] as const) {
            database.createObjectStore(kind);
          }
        },
        // A page of a newer build needs it.
        blocking: () => this.close(),
        terminated: () => this.close(),
      }),
    );
    const { opening } = this;
    try {
      this.database = await opening;
      return this.database;
    } catch (error) {
      // Asked again with the next write.
      if (this.opening === opening) this.opening = undefined;
      throw error;
    }
  }

  private close() {
    this.database?.close();
    this.database = this.opening = undefined;
  }
}

function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error("the browser's database does not answer")), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
