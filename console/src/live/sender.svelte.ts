// The outbox over the browser's requests, clock and storage: sends what is due, keeps what is not
// answered, and tells what became of it.

import type { Command, CommandBody, CommandResults, Id } from "../protocol.ts";
import { Fault, request } from "./api.ts";
import type { Keep } from "./keep.ts";
import { type Item, type Outcome, Outbox, opId } from "./outbox.ts";

const COMMANDS_AT_ONCE = 50;
const PUMP_MIN_MS = 50;

export class Sender {
  items: readonly Item[] = $state.raw([]);
  /** Whether what was written last is kept in this browser. */
  isKept = $state(true);

  private readonly box: Outbox;
  private pump: ReturnType<typeof setTimeout> | undefined;
  private readonly listeners = new Set<(outcome: Outcome) => void>();
  private isStopped = false;

  constructor(
    private readonly keep: Keep,
    /** The server's clock: op ids depend on it. */
    private readonly now: () => number,
    /** The session is over. */
    private readonly end: (fault: Fault) => void,
  ) {
    this.box = new Outbox(keep.outbox());
    this.items = this.box.items;
  }

  stop() {
    this.isStopped = true;
    clearTimeout(this.pump);
  }

  /** Forgets everything, here and in this browser. */
  wipe() {
    this.box.items = [];
    this.keep.wipe();
  }

  commandOf(conversation_id: Id, body: CommandBody, retry_of?: Id): Command {
    const op_id = opId(this.now(), crypto.getRandomValues(new Uint8Array(16)));
    return { op_id, conversation_id, ...(retry_of === undefined ? {} : { retry_of }), ...body };
  }

  /** Sends commands, or keeps them until they can be sent. */
  add(...commands: Command[]) {
    for (const command of commands) this.box.add(command, Date.now());
    this.changed();
    void this.flush();
  }

  /** Takes something out of the outbox: before it left, or after a person decided. */
  drop(op_id: Id) {
    this.box.remove(op_id);
    this.changed();
  }

  amend(op_id: Id, text: string) {
    this.box.amend(op_id, text);
    this.changed();
  }

  onOutcome(listener: (outcome: Outcome) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Back online: nothing waits for its time. */
  hurry() {
    this.box.hurry();
    void this.flush();
  }

  private changed() {
    this.items = this.box.items;
    this.isKept = this.keep.keepOutbox(this.box.items);
  }

  private async flush(): Promise<void> {
    clearTimeout(this.pump);
    if (this.isStopped) return;
    const items = this.box.due(Date.now()).slice(0, COMMANDS_AT_ONCE);
    if (items.length === 0) return this.flushLater();
    this.box.sending(items);
    this.changed();
    try {
      const commands = items.map((item) => item.command);
      const { results } = await request<CommandResults>("POST", "/commands", commands);
      const outcomes = results.map((result) => this.box.answered(result, Date.now()));
      this.changed();
      for (const outcome of outcomes) if (outcome !== undefined) this.told(outcome);
    } catch (error) {
      const wait = error instanceof Fault ? error.problem.retry_after_ms : undefined;
      this.box.failed(items, Date.now(), wait);
      this.changed();
      if (error instanceof Fault && error.status === 401) this.end(error);
    }
    return this.flush();
  }

  private flushLater() {
    const next = this.box.next();
    if (next === undefined) return;
    const wait = Math.max(PUMP_MIN_MS, next - Date.now());
    this.pump = setTimeout(() => void this.flush(), wait);
  }

  private told(outcome: Outcome) {
    for (const listener of this.listeners) listener(outcome);
  }
}
