// The outbox over the browser's requests, clock and storage: sends what is due, keeps what is not
// answered, and tells what became of it. What is kept is the truth, for all tabs: each sends what
// is due, and under a lock takes it first, so that no two send the same.

import type { Command, CommandBody, CommandResults, Id } from "../protocol.ts";
import { Fault, request } from "./api.ts";
import type { Keep } from "./keep.ts";
import { type Item, type Outcome, Outbox, opId } from "./outbox.ts";
import type { Durability } from "./store.ts";

const COMMANDS_AT_ONCE = 50;
const PUMP_MIN_MS = 50;

export class Sender {
  items: readonly Item[] = $state.raw([]);
  /** Whether what was written last is kept in this browser. */
  isKept = $state(true);

  private readonly box: Outbox;
  /** As they are kept, by op id. */
  private readonly kept = new Map<Id, Item>();
  /** What changed here since what is kept was read, and what could not be written. */
  private touched = new Set<Id>();
  private readonly loose = new Set<Id>();
  private alive: ReadonlySet<string> | undefined;
  private pump: ReturnType<typeof setTimeout> | undefined;
  private readonly listeners = new Set<(outcome: Outcome) => void>();
  private isStopped = false;
  private isHurried = false;

  constructor(
    private readonly keep: Keep,
    /** The server's clock: op ids depend on it. */
    private readonly now: () => number,
    /** The session is over. */
    private readonly end: (fault: Fault) => void,
  ) {
    this.box = new Outbox(keep.found, keep.tab);
    for (const item of this.box.items) this.kept.set(item.command.op_id, item);
    this.items = this.box.items;
    keep.onTold(({ isOutbox, outcomes = [] }) => {
      if (isOutbox === true && keep.isShared) void this.hear(outcomes);
    });
  }

  stop() {
    this.isStopped = true;
    clearTimeout(this.pump);
  }

  /** Forgets everything, here and in this browser. */
  async wipe(): Promise<void> {
    this.stop();
    this.box.items = [];
    await this.keep.wipe();
  }

  commandOf(conversation_id: Id, body: CommandBody, retry_of?: Id): Command {
    const op_id = opId(this.now(), crypto.getRandomValues(new Uint8Array(16)));
    return { op_id, conversation_id, ...(retry_of === undefined ? {} : { retry_of }), ...body };
  }

  /**
   * Sends commands, or keeps them until they can be sent. They are shown once they are kept: with
   * them goes the draft that they were, so that the text is always in one of the two.
   */
  async add(commands: readonly Command[], draftOf?: Id): Promise<void> {
    const items = commands.map((command) => this.box.make(command, Date.now()));
    const isKept = await this.keep.keepNew(items, draftOf);
    for (const item of items) {
      const { op_id } = item.command;
      this.box.take(item);
      this.touched.add(op_id);
      if (isKept) this.kept.set(op_id, item);
      else this.loose.add(op_id);
    }
    [this.items, this.isKept] = [this.box.items, isKept];
    void this.flush();
    this.keep.tell({ isOutbox: true });
  }

  /** Takes something out of the outbox: before it left, or after a person decided. */
  drop(op_id: Id) {
    this.box.remove(op_id);
    void this.changed("strict");
  }

  amend(op_id: Id, text: string) {
    this.box.amend(op_id, text);
    void this.changed("strict");
  }

  onOutcome(listener: (outcome: Outcome) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Back online: nothing waits for its time. */
  hurry() {
    this.isHurried = true;
    this.box.hurry();
    void this.flush();
  }

  /** Writes what is other than what is kept, and tells the other tabs. */
  private async changed(durability: Durability, outcomes: Outcome[] = []): Promise<void> {
    this.items = this.box.items;
    const here = new Set(this.items.map(({ command }) => command.op_id));
    const changed = this.items.filter((item) => this.kept.get(item.command.op_id) !== item);
    const known = new Set([...this.kept.keys(), ...this.loose]);
    const gone = [...known].filter((id) => !here.has(id));
    for (const item of changed) this.kept.set(item.command.op_id, item);
    for (const id of gone) this.kept.delete(id);
    const ids = [...changed.map(({ command }) => command.op_id), ...gone];
    for (const id of ids) this.touched.add(id);
    if (ids.length > 0) {
      const written = changed.map((item) => {
        return { item, isRenewal: !this.loose.has(item.command.op_id) };
      });
      this.isKept = await this.keep.keepOutbox(written, gone, durability);
      for (const id of ids) {
        if (this.isKept) this.loose.delete(id);
        else this.loose.add(id);
      }
      if (this.isKept && changed.length > 0) await this.withdraw(changed);
    }
    if (ids.length > 0 || outcomes.length > 0) this.keep.tell({ isOutbox: true, outcomes });
  }

  /** What another tab took back while it was written here is gone here as well. */
  private async withdraw(written: readonly Item[]): Promise<void> {
    const kept = await this.keep.outbox();
    if (kept === undefined) return;
    const there = new Set(kept.map(({ command }) => command.op_id));
    for (const {
      command: { op_id },
    } of written) {
      if (there.has(op_id)) continue;
      this.box.remove(op_id);
      this.kept.delete(op_id);
    }
    this.items = this.box.items;
  }

  /** Takes over what is kept; what changed here meanwhile is newer. */
  private async refresh(alive?: ReadonlySet<string>): Promise<void> {
    const touched = new Set<Id>();
    this.touched = touched;
    const kept = await this.keep.outbox();
    if (kept === undefined) return;
    const mine = new Set([...touched, ...this.loose]);
    this.box.adopt(kept, mine, alive);
    for (const item of this.box.items) {
      if (!mine.has(item.command.op_id)) this.kept.set(item.command.op_id, item);
    }
    const here = new Set(kept.map(({ command }) => command.op_id));
    for (const id of [...this.kept.keys()]) {
      if (!here.has(id) && !mine.has(id)) this.kept.delete(id);
    }
    this.items = this.box.items;
  }

  /** Another tab did something. */
  private async hear(outcomes: Outcome[]): Promise<void> {
    if (this.isStopped) return;
    await this.refresh();
    for (const outcome of outcomes) {
      this.box.heard(outcome);
      if (outcome.item.by === this.keep.tab) this.told(outcome);
    }
    this.flushLater();
  }

  /** What this tab sends now. */
  private claim(): Promise<Item[]> {
    return this.keep.alone(async (alive) => {
      if (this.isStopped) return [];
      this.alive = alive;
      if (alive !== undefined) await this.refresh(alive);
      if (this.isHurried) this.box.hurry();
      this.isHurried = false;
      const items = this.box.due(Date.now()).slice(0, COMMANDS_AT_ONCE);
      if (items.length === 0) return [];
      this.box.sending(items);
      await this.changed("relaxed");
      const here = new Set(this.items.map(({ command }) => command.op_id));
      return items.filter(({ command }) => here.has(command.op_id));
    });
  }

  private async flush(): Promise<void> {
    clearTimeout(this.pump);
    if (this.isStopped) return;
    if (this.box.due(Date.now()).length === 0) return this.flushLater();
    const items = await this.claim();
    if (items.length === 0) return this.flushLater();
    // Another tab takes them over.
    if (this.isStopped) return;
    try {
      const commands = items.map((item) => item.command);
      const { results } = await request<CommandResults>("POST", "/commands", commands);
      const outcomes = results.flatMap((result) => this.box.answered(result, Date.now()) ?? []);
      const ofOthers = outcomes.filter((outcome) => this.isOfAnother(outcome));
      void this.changed("strict", ofOthers);
      for (const outcome of outcomes) if (!ofOthers.includes(outcome)) this.told(outcome);
    } catch (error) {
      const wait = error instanceof Fault ? error.problem.retry_after_ms : undefined;
      this.box.failed(items, Date.now(), wait);
      void this.changed("relaxed");
      if (error instanceof Fault && error.status === 401) this.end(error);
    }
    return this.flush();
  }

  /** Whoever did it is told what became of it, in their tab. */
  private isOfAnother({ item: { by } }: Outcome): boolean {
    return by !== undefined && by !== this.keep.tab && this.alive?.has(by) === true;
  }

  private flushLater() {
    clearTimeout(this.pump);
    const next = this.box.next();
    if (next === undefined || this.isStopped) return;
    const wait = Math.max(PUMP_MIN_MS, next - Date.now());
    this.pump = setTimeout(() => void this.flush(), wait);
  }

  private told(outcome: Outcome) {
    for (const listener of this.listeners) listener(outcome);
  }
}
