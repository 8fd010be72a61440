// What is read without a network: the newest rows of the list, and the lines of the conversations
// that were opened last, as they were. The server's word takes their place once it is heard.

import type { Id, Line } from "../protocol.ts";
import type { Held, Lines } from "./held.ts";
import type { Keep } from "./keep.ts";
import type { Copy, Scene } from "./store.ts";

export const ROWS_MAX = 300;
export const OPENED_MAX = 30;
export const LINES_MAX = 100;
/** Between two writes, ms. */
const OFTEN_MS = 5_000;
/** The same before the first one, and while what somebody looks at may still come. */
const SOON_MS = 500;
const COMING_MS = 10_000;

type Full = Extract<Held, { level: "full" }>;

interface Source {
  all: () => Iterable<Held>;
  /** What is shown besides, once all of it was heard. */
  scene: () => Omit<Scene, "opened"> | undefined;
}

export class Shelf {
  /** Conversations whose lines are kept, the last opened first. */
  private opened: Id[] = [];
  /** What was written, by id. */
  private readonly written = new Map<Id, { held: Full; hasLines: boolean }>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private dueAt = Number.POSITIVE_INFINITY;
  /** Until when what comes is written soon. */
  private soonUntil = Number.POSITIVE_INFINITY;
  private isStopped = false;

  constructor(
    private readonly keep: Keep,
    private readonly source: Source,
  ) {}

  stop() {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  /** What lies here from before. */
  async read(): Promise<{ scene: Scene; copies: ReadonlyMap<Id, Copy> } | undefined> {
    const [scene, copies] = await Promise.all([this.keep.scene(), this.keep.copies()]);
    if (scene === undefined || copies === undefined) return undefined;
    this.opened = [...new Set([...this.opened, ...scene.opened])];
    for (const [id, copy] of copies) {
      const held: Full = { level: "full", ...copy };
      this.written.set(id, { held, hasLines: copy.lines !== undefined });
    }
    return { scene, copies };
  }

  /** Something changed. */
  touch() {
    this.writeIn(Date.now() < this.soonUntil ? SOON_MS : OFTEN_MS);
  }

  /** Somebody looks at it. */
  look(id: Id) {
    this.opened = [id, ...this.opened.filter((one) => one !== id)];
    this.soonUntil = Math.max(this.soonUntil, Date.now() + COMING_MS);
    this.writeIn(SOON_MS);
  }

  private writeIn(ms: number) {
    const at = Date.now() + ms;
    if (this.isStopped || at >= this.dueAt) return;
    clearTimeout(this.timer);
    this.dueAt = at;
    this.timer = setTimeout(() => {
      this.dueAt = Number.POSITIVE_INFINITY;
      void this.write();
    }, ms);
  }

  async write(): Promise<void> {
    const scene = this.source.scene();
    if (scene === undefined || this.isStopped) return;
    this.soonUntil = Math.min(this.soonUntil, Date.now() + COMING_MS);
    const chosen = choose(this.source.all(), this.opened);
    this.opened = this.opened.filter((id) => chosen.has(id)).slice(0, OPENED_MAX);
    const lined = new Set(this.opened);
    const copies = new Map<Id, Copy | undefined>();
    for (const [id, held] of chosen) {
      const before = this.written.get(id);
      const hasLines = lined.has(id) && held.lines !== undefined;
      if (before?.held === held && before.hasLines === hasLines) continue;
      copies.set(id, copyOf(held, hasLines));
      this.written.set(id, { held, hasLines });
    }
    for (const id of [...this.written.keys()]) {
      if (chosen.has(id)) continue;
      copies.set(id, undefined);
      this.written.delete(id);
    }
    // As of now, also where nothing changed.
    await this.keep.keepCopies(copies, { ...scene, opened: this.opened });
  }
}

/** What is kept of what is held: what was opened last, and the newest of the others. */
export function choose(all: Iterable<Held>, opened: readonly Id[]): Map<Id, Full> {
  const lined = new Set(opened.slice(0, OPENED_MAX));
  const [first, others]: [Full[], Full[]] = [[], []];
  for (const held of all) {
    if (held.level === "full") (lined.has(held.view.head.id) ? first : others).push(held);
  }
  const at = ({ view }: Full) => view.head.activity_at;
  others.sort((a, b) => (at(a) < at(b) ? 1 : -1));
  const chosen = [...first, ...others.slice(0, Math.max(0, ROWS_MAX - first.length))];
  return new Map(chosen.map((held) => [held.view.head.id, held]));
}

/** The copy of a conversation. What one agent alone may read of it is not copied. */
export function copyOf({ view, lines }: Full, hasLines: boolean): Copy {
  return hasLines && lines !== undefined ? { view, lines: endOf(lines) } : { view };
}

function endOf({ from_seq, lines, notes }: Lines): Lines {
  const last: Line[] = lines.slice(-LINES_MAX);
  if (last.length === lines.length) return { from_seq, lines, notes, changes: [] };
  const [first] = last;
  const since = first?.at ?? "";
  return {
    from_seq: first?.seq ?? from_seq,
    lines: last,
    notes: notes.filter(({ at }) => at >= since),
    changes: [],
  };
}
