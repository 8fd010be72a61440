// What somebody did and the server does not know yet. Without I/O: what is to be sent comes out,
// answers go in. One lane for each conversation; a command keeps its op id on every road, so that
// sending it twice does it once.

import type { Accepted, Command, CommandResult, Id, Line, Refused } from "../protocol.ts";

export interface Item {
  command: Command;
  /** When it was tapped, ms. */
  at: number;
  /** `waiting`: to be sent; `sending`: on its way; `review`: refused, a person decides. */
  state: "waiting" | "sending" | "review";
  /** Whether it may have left this browser once. */
  left: boolean;
  /** Not before, ms. */
  notBefore?: number;
  /** Its place among the others. */
  n?: number;
  /** The tab in which somebody did it. */
  by?: string;
  /** The tab that is sending it. */
  sender?: string;
  /** Why it waits for a person, and what was missed as far as the refusal says. */
  refused?: Refused;
}

export type Outcome =
  | { kind: "accepted"; item: Item; accepted: Accepted }
  | { kind: "refused"; item: Item; refused: Refused }
  | { kind: "again"; item: Item };

const RETRY_MS = 2_000;

export class Outbox {
  /** The last reply of each conversation that was sent from here: what the next one comes after. */
  private readonly last = new Map<Id, { op_id: Id; line: number | undefined }>();
  private n = 0;

  constructor(
    public items: Item[] = [],
    private readonly tab = "",
  ) {
    // What was on its way when the page ended is sent again: the server knows its op id.
    this.items = items.map((item) => (item.state === "sending" ? back(item) : item)).sort(byPlace);
    this.remember(this.items);
  }

  /** Takes a command over. */
  add(command: Command, now: number): Item {
    const item = this.make(command, now);
    this.take(item);
    return item;
  }

  /** Makes what is taken over later. A reply names the one before it that its author had not seen. */
  make(command: Command, now: number): Item {
    this.n = Math.max(this.n + 1, now);
    const { tab: by, n } = this;
    const item: Item = {
      command: this.chained(command),
      at: now,
      state: "waiting",
      left: false,
      n,
      by,
    };
    this.remember([item]);
    return item;
  }

  take(item: Item) {
    const others = this.items.filter((one) => one.command.op_id !== item.command.op_id);
    this.items = [...others, item].sort(byPlace);
  }

  /**
   * What all tabs have takes the place of what is here, except for what changed here since it was
   * read. What a tab was sending that is no more is sent again.
   */
  adopt(kept: Item[], mine: ReadonlySet<Id>, alive?: ReadonlySet<string>) {
    const isOf = ({ command }: Item) => mine.has(command.op_id);
    const before = new Map(this.items.map((item) => [item.command.op_id, item]));
    const theirs = kept.filter((item) => !isOf(item));
    const others = theirs.map((item) => {
      const isLost = item.state === "sending" && alive?.has(item.sender ?? "") === false;
      if (isLost) return back(item);
      const here = before.get(item.command.op_id);
      return here !== undefined && JSON.stringify(here) === JSON.stringify(item) ? here : item;
    });
    this.remember(others.filter(({ command }) => !before.has(command.op_id)));
    this.items = [...this.items.filter(isOf), ...others].sort(byPlace);
    // What is done here from now on comes after what another tab showed, whatever the clock says.
    this.n = Math.max(this.n, ...theirs.map(({ n }) => n ?? 0));
  }

  /** What became of something that another tab sent. */
  heard(outcome: Outcome) {
    const { conversation_id, op_id } = outcome.item.command;
    const last = this.last.get(conversation_id);
    if (last?.op_id !== op_id) return;
    if (outcome.kind === "accepted") last.line = outcome.accepted.line?.seq ?? 0;
    else if (outcome.kind === "refused") this.last.delete(conversation_id);
  }

  private remember(items: Item[]) {
    for (const { command, state } of items) {
      if (!isMessage(command) || state === "review") continue;
      this.last.set(command.conversation_id, { op_id: command.op_id, line: undefined });
    }
  }

  private chained(command: Command): Command {
    const before = this.last.get(command.conversation_id);
    if (command.after !== undefined || before === undefined || !("seen" in command)) return command;
    const isSeen = before.line !== undefined && before.line <= (command.seen?.seq ?? 0);
    return isSeen ? command : { ...command, after: before.op_id };
  }

  /** What can be sent now: the first of each lane. */
  due(now: number): Item[] {
    const lanes = new Set<Id>();
    const due: Item[] = [];
    for (const item of this.items) {
      if (item.state === "review" || lanes.has(item.command.conversation_id)) continue;
      lanes.add(item.command.conversation_id);
      if (item.state === "waiting" && (item.notBefore ?? 0) <= now) due.push(item);
    }
    return due;
  }

  /** When something that waits can be sent, ms. */
  next(): number | undefined {
    const times = this.items.flatMap((item) =>
      item.state === "waiting" ? [item.notBefore ?? 0] : [],
    );
    return times.length === 0 ? undefined : Math.min(...times);
  }

  sending(items: Item[]) {
    this.set(items, (item) => ({ ...item, state: "sending", left: true, sender: this.tab }));
  }

  /** Nobody answered, or not now: the same again, later. */
  failed(items: Item[], now: number, afterMs = RETRY_MS) {
    this.set(items, (item) => ({ ...back(item), notBefore: now + afterMs }));
  }

  /** Back online: nothing waits for its time. */
  hurry() {
    this.set(
      this.items.filter(({ notBefore }) => notBefore !== undefined),
      ({ notBefore: _, ...item }) => item,
    );
  }

  answered(result: CommandResult, now: number): Outcome | undefined {
    const item = this.items.find((one) => one.command.op_id === result.op_id);
    if (item === undefined) return undefined;
    if (result.accepted !== undefined) {
      this.remove(item.command.op_id);
      const last = this.last.get(item.command.conversation_id);
      if (last?.op_id === item.command.op_id) last.line = result.accepted.line?.seq ?? 0;
      return { kind: "accepted", item, accepted: result.accepted };
    }
    const { refused } = result;
    if (refused.code === "unavailable" || refused.code === "rate_limited") {
      this.failed([item], now, Math.max(refused.retry_after_ms, 250));
      return { kind: "again", item };
    }
    if (this.last.get(item.command.conversation_id)?.op_id === item.command.op_id) {
      this.last.delete(item.command.conversation_id);
    }
    if (isMessage(item.command) && isForReview(refused)) {
      this.set([item], (one) => ({ ...one, state: "review", refused }));
    } else {
      this.remove(item.command.op_id);
    }
    return { kind: "refused", item, refused };
  }

  /** Takes something back: what never left, or what a person decided on. */
  remove(op_id: Id) {
    this.items = this.items.filter((item) => item.command.op_id !== op_id);
  }

  /** Other words for what waits for a person: it is sent under another op id, if at all. */
  amend(op_id: Id, text: string) {
    const found = this.items.filter(
      (item) => item.command.op_id === op_id && item.state === "review",
    );
    this.set(found, (item) =>
      "text" in item.command ? { ...item, command: { ...item.command, text } } : item,
    );
  }

  get review(): Item[] {
    return this.items.filter((item) => item.state === "review");
  }

  get waiting(): Item[] {
    return this.items.filter((item) => item.state !== "review");
  }

  private set(items: Item[], change: (item: Item) => Item) {
    const ids = new Set(items.map((item) => item.command.op_id));
    this.items = this.items.map((item) => (ids.has(item.command.op_id) ? change(item) : item));
  }
}

const byPlace = (a: Item, b: Item) => (a.n ?? 0) - (b.n ?? 0);

const back = ({ sender: _, ...item }: Item): Item => ({ ...item, state: "waiting" });

const isMessage = ({ type }: Command): boolean => type === "reply" || type === "send";

/** Refusals after which the text may still be wanted, once what was missed is read. */
function isForReview(refused: Refused): boolean {
  return refused.code === "stale" || refused.code === "depends_on_refused";
}

/** What an author had not seen: lines above `seen` by others, or by themselves elsewhere. */
export function missed(command: Command, told: Line[], held: Line[]): Line[] {
  const from = "seen" in command ? (command.seen?.seq ?? 0) : 0;
  const all = new Map([...told, ...held].map((line) => [line.seq, line]));
  return [...all.values()]
    .filter((line) => line.seq > from && line.author.kind !== "acknowledgement")
    .filter((line) => line.op_id === undefined || line.op_id !== command.after)
    .sort((a, b) => a.seq - b.seq);
}

/** A UUIDv7: the time, then chance. */
export function opId(now: number, random: Uint8Array): Id {
  const bytes = Uint8Array.from(random.subarray(0, 16));
  for (let n = 0; n < 6; n += 1) bytes[n] = Math.floor(now / 2 ** (8 * (5 - n))) & 0xff;
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
