// What lies in this browser for an agent of a workspace: drafts and what was not sent. All tabs of
// one agent have the same, and hear of each other's changes. A browser that keeps nothing (storage
// full or denied) says so once it is asked to write.

import type { Id } from "../protocol.ts";
import { type Item, type Outcome, opId } from "./outbox.ts";
import { type Copy, type Draft, type Durability, type Scene, Store, type Write } from "./store.ts";

export type { Draft } from "./store.ts";

/** What one tab tells the others. */
interface Told {
  drafts?: [Id, Draft | undefined][];
  /** Something of the outbox changed. */
  isOutbox?: boolean;
  /** What became of what these tabs sent. */
  outcomes?: Outcome[];
}

/** Where a page that goes away puts what it cannot wait for. */
const SPILT = "spilt.";
/** What was typed in this tab: another one may have typed something else. */
const OWN = "own.";

export class Keep {
  /** Of this tab, for as long as it lasts. */
  readonly tab = opId(Date.now(), crypto.getRandomValues(new Uint8Array(16)));
  /** What was not sent, as it was found. */
  readonly found: Item[] = [];
  private readonly base: string;
  private readonly store: Store;
  private readonly drafts = new Map<Id, Draft>();
  /** What is being written, by its place. */
  private readonly unsure = new Map<string, Write>();
  private readonly channel: BroadcastChannel | undefined;
  private readonly closing = new AbortController();
  private readonly listeners = new Set<(told: Told) => void>();
  private isLeaving = false;

  private constructor(
    workspace: string,
    agent: Id,
    private readonly session: Storage | undefined,
  ) {
    this.base = `baton.${workspace}.${agent}.`;
    this.store = new Store(this.base);
    const { signal } = this.closing;
    // Before anybody writes on leaving.
    const how = { capture: true, signal };
    window.addEventListener("pagehide", () => this.leave(), how);
    window.addEventListener("pageshow", () => this.comeBack(), how);
    if (typeof BroadcastChannel === "undefined") return;
    this.channel = new BroadcastChannel(this.base);
    this.channel.onmessage = ({ data }) => this.hear(data as Told);
  }

  /** What this browser keeps of an agent, read. */
  static async open(workspace: string, agent: Id, session = ofTab()): Promise<Keep> {
    const keep = new Keep(workspace, agent, session);
    await Promise.all([keep.live(), keep.moveIn()]);
    const [drafts, outbox] = await Promise.all([
      keep.store.all("drafts"),
      keep.store.all("outbox"),
    ]);
    for (const [id, draft] of drafts ?? []) keep.drafts.set(id, draft);
    keep.found.push(...(outbox?.values() ?? []));
    return keep;
  }

  /** From now on it writes nothing, and other tabs take over what it was sending. */
  close() {
    this.closing.abort();
    this.channel?.close();
  }

  /** What was typed in this tab, else in another one. */
  draft(conversation: Id): Draft | undefined {
    return this.own(conversation) ?? this.drafts.get(conversation);
  }

  /** Whether it is kept. */
  keepDraft(conversation: Id, draft: Draft | undefined): Promise<boolean> {
    this.keepOwn(conversation, draft);
    this.noteDraft(conversation, draft);
    this.tell({ drafts: [[conversation, draft]] });
    return this.write([{ kind: "drafts", id: conversation, value: draft }], "strict");
  }

  /** What was not sent, as it is now; nothing where it is not kept. */
  async outbox(): Promise<Item[] | undefined> {
    const all = await this.store.all("outbox");
    return all === undefined ? undefined : [...all.values()];
  }

  /** Whether it is kept. What leaves the composer takes its draft along. */
  keepNew(items: readonly Item[], draftOf?: Id): Promise<boolean> {
    const writes = items.map((item) => written(item));
    if (draftOf !== undefined) {
      this.keepOwn(draftOf, undefined);
      this.noteDraft(draftOf, undefined);
      writes.push({ kind: "drafts", id: draftOf, value: undefined });
      this.tell({ drafts: [[draftOf, undefined]] });
    }
    return this.write(writes, "strict");
  }

  /** Whether it is kept, what became of it. What another tab took out meanwhile stays out. */
  keepOutbox(
    items: readonly { item: Item; isRenewal: boolean }[],
    gone: readonly Id[],
    durability: Durability,
  ): Promise<boolean> {
    const writes = items.map(({ item, isRenewal }) => written(item, isRenewal));
    for (const id of gone) writes.push({ kind: "outbox", id, value: undefined });
    return this.write(writes, durability);
  }

  copies(): Promise<Map<Id, Copy> | undefined> {
    return this.store.all("copies");
  }

  async scene(): Promise<Scene | undefined> {
    return (await this.store.all("scenes"))?.get("");
  }

  async keepCopies(copies: ReadonlyMap<Id, Copy | undefined>, scene: Scene): Promise<boolean> {
    if (this.closing.signal.aborted) return false;
    const writes: Write[] = [...copies].map(([id, value]) => ({ kind: "copies", id, value }));
    return this.store.write([...writes, { kind: "scenes", id: "", value: scene }], "relaxed");
  }

  async wipe(): Promise<void> {
    this.close();
    this.drafts.clear();
    this.unsure.clear();
    for (const key of keysOf(this.base)) removeItem(key);
    try {
      const own = Object.keys(this.session ?? {}).filter((key) => key.startsWith(this.base + OWN));
      for (const key of own) this.session?.removeItem(key);
    } catch {
      // Nothing is kept there.
    }
    await this.store.wipe();
  }

  // The other tabs.

  tell(told: Told) {
    if (!this.closing.signal.aborted) this.channel?.postMessage(told);
  }

  onTold(listener: (told: Told) => void) {
    this.listeners.add(listener);
  }

  /** Whether other tabs hear what happens here, so that one may act for all. */
  get isShared(): boolean {
    return this.channel !== undefined && locks() !== undefined;
  }

  /** One tab at a time, with those that are there. Without locks there is no telling. */
  async alone<T>(work: (alive: ReadonlySet<string> | undefined) => Promise<T>): Promise<T> {
    const manager = locks();
    if (manager === undefined || !this.isShared) return work(undefined);
    return manager.request(`${this.base}outbox`, async () => {
      const { held = [] } = await manager.query();
      return work(new Set(held.map(({ name = "" }) => name.slice(this.base.length))));
    });
  }

  /** Others see that this tab is there until it is closed or dies. */
  private async live(): Promise<void> {
    const manager = locks();
    if (manager === undefined) return;
    await new Promise<void>((there) => {
      const until = new Promise<void>((gone) => {
        this.closing.signal.addEventListener("abort", () => gone());
      });
      void manager
        .request(this.base + this.tab, () => {
          there();
          return until;
        })
        .catch(() => there());
    });
  }

  private hear(told: Told) {
    for (const [id, draft] of told.drafts ?? []) {
      // Another tab went on from what was typed here, or sent it: nothing of it is lost.
      const own = this.own(id)?.text;
      const held = (draft ?? this.drafts.get(id))?.text;
      if (own !== undefined && held?.includes(own) === true) this.keepOwn(id, undefined);
      this.noteDraft(id, draft);
    }
    for (const listener of this.listeners) listener(told);
  }

  private own(id: Id): Draft | undefined {
    try {
      const text = this.session?.getItem(this.base + OWN + id) ?? null;
      return text === null ? undefined : (JSON.parse(text) as Draft);
    } catch {
      return undefined;
    }
  }

  private keepOwn(id: Id, draft: Draft | undefined) {
    if (this.closing.signal.aborted) return;
    try {
      if (draft === undefined) this.session?.removeItem(this.base + OWN + id);
      else this.session?.setItem(this.base + OWN + id, JSON.stringify(draft));
    } catch {
      // The other place has it.
    }
  }

  private noteDraft(id: Id, draft: Draft | undefined) {
    if (draft === undefined) this.drafts.delete(id);
    else this.drafts.set(id, draft);
  }

  // What is written, also as the page goes away.

  private async write(writes: Write[], durability: Durability): Promise<boolean> {
    if (this.closing.signal.aborted) return false;
    for (const write of writes) this.unsure.set(placeOf(write), write);
    if (this.isLeaving) this.spill();
    const isKept = await this.store.write(writes, durability);
    if (!isKept) return false;
    for (const write of writes) {
      if (this.unsure.get(placeOf(write)) === write) this.unsure.delete(placeOf(write));
    }
    return true;
  }

  private leave() {
    this.isLeaving = true;
    this.spill();
  }

  /** A page that is left does not live to see its writes done. */
  private spill() {
    if (this.unsure.size === 0) return;
    try {
      const text = JSON.stringify([...this.unsure.values()]);
      localStorage.setItem(this.base + SPILT + this.tab, text);
    } catch {
      // Nothing can be kept, so nothing is.
    }
  }

  private comeBack() {
    this.isLeaving = false;
    removeItem(this.base + SPILT + this.tab);
  }

  /** Takes over what pages left behind, and what an older build kept elsewhere. */
  private async moveIn(): Promise<void> {
    const keys = keysOf(this.base).filter((key) => !key.endsWith(this.tab));
    const writes = keys.flatMap((key) => leftBy(key.slice(this.base.length), key));
    if (await this.store.write(writes, "strict")) for (const key of keys) removeItem(key);
  }
}

function leftBy(name: string, key: string): Write[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? "null");
    if (value === null) return [];
    if (name.startsWith(SPILT)) return value as Write[];
    if (name === "outbox") {
      return (value as Item[]).map((item, n) => {
        return { kind: "outbox", id: item.command.op_id, value: { ...item, n: n - 1e6 } };
      });
    }
    const [, id] = /^draft\.(.+)$/.exec(name) ?? [];
    return id === undefined ? [] : [{ kind: "drafts", id, value: value as Draft }];
  } catch {
    return [];
  }
}

const placeOf = ({ kind, id }: Write) => `${kind} ${id}`;

/** As a record: without what draws it. */
function written(item: Item, isRenewal = false): Write {
  const value = JSON.parse(JSON.stringify(item)) as Item;
  return { kind: "outbox", id: item.command.op_id, value, isRenewal };
}

/** Only pages of a secure origin have locks. */
const locks = () => (navigator.locks as LockManager | null | undefined) ?? undefined;

/** What a browser keeps for this tab alone, as long as it is open. */
function ofTab(): Storage | undefined {
  try {
    return sessionStorage;
  } catch {
    return undefined;
  }
}

function keysOf(base: string): string[] {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(base));
  } catch {
    return [];
  }
}

function removeItem(key: string) {
  try {
    localStorage.removeItem(key);
  } catch {
    // Nothing is kept there.
  }
}
