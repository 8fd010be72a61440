// Several conversations at once: which are chosen, what is asked first, what is on its way, and
// what could not be done. Lists say what they show; the bar and the sheets draw this.

import { getContext, setContext } from "svelte";
import { type Held, headOf } from "../live/held.ts";
import type { Outcome } from "../live/outbox.ts";
import type { Desk } from "../live/session.svelte.ts";
import { words } from "../messages/index.svelte.ts";
import type { Id } from "../protocol.ts";
import type { Hand } from "../rules.ts";
import { type Asked, askedOf } from "../inbox/outcomes.ts";
import { whyRefused } from "../inbox/refusals.ts";
import { toasts } from "../ui/toast.svelte.ts";
import { type Choice, all, extended, nothing, picked, toggled } from "./choosing.ts";
import { type Before, type Deed, type Kind, type Step } from "./plan.ts";
import { beforeOf, offered, planOf, undoOf } from "./plan.ts";
import { type Run, answered, begin, isOver } from "./runs.ts";
import { doneText, hindranceText } from "./say.ts";

/** More are not done at once: a reader could not look over what was refused. */
export const CHOSEN_MAX = 500;

/** What was not done, and why, in words. */
export interface Left {
  rows: { id: Id; why: string }[];
}

export class Bulk {
  /** Chosen by a button of its own, before the first row is. */
  isOpen = $state(false);
  picking: Id[] | undefined = $state.raw();
  /** For these tags are being chosen. */
  tagging: Id[] | undefined = $state.raw();
  /** What is asked before these are resolved. */
  resolving: { asked: Asked; ids: Id[] } | undefined = $state.raw();
  asking: { deed: Deed; steps: Step[] } | undefined = $state.raw();
  left: Left | undefined = $state.raw();
  runs: Run[] = $state.raw([]);
  private choice: Choice = $state.raw(nothing);
  private order: readonly Id[] = $state.raw([]);
  readonly picked: Id[] = $derived(picked(this.choice, this.order));
  readonly isChoosing = $derived(this.isOpen || this.picked.length > 0);
  readonly offered: Set<Kind> = $derived.by(() => offered(this.held(this.picked), this.hand));

  /** Whether something is asked in a sheet. */
  readonly isAsking: boolean = $derived(
    [this.picking, this.tagging, this.resolving, this.asking].some((one) => one !== undefined),
  );

  constructor(private readonly desk: Desk) {}

  // Choosing.

  /** The rows of the list that is on the screen, in their order. */
  shows(order: readonly Id[]) {
    this.order = order;
  }
  has(id: Id): boolean {
    return this.choice.ids.has(id);
  }
  toggle(id: Id) {
    this.choose(toggled(this.choice, id));
  }
  extend(to: Id, from?: Id) {
    const choice = this.choice.from === undefined ? { ...this.choice, from } : this.choice;
    this.choose(extended(choice, this.order, to));
  }
  toggleAll() {
    this.choose(all(this.choice, this.order.slice(0, CHOSEN_MAX)));
  }
  clear() {
    this.isOpen = false;
    this.choice = nothing;
  }
  private choose(choice: Choice) {
    if (choice.ids.size > CHOSEN_MAX) toasts.show(words.t.bulk.limit(CHOSEN_MAX));
    else this.choice = choice;
    // The last one that was let go ends it.
    if (choice.ids.size === 0) this.isOpen = false;
  }

  private held(ids: Id[]): Held[] {
    return ids.flatMap((id) => this.desk.get(id) ?? []);
  }

  get hand(): Hand {
    return this.desk.hand;
  }

  // Doing.

  /** Does it to each; asks first where it cannot be done to some. */
  begin(deed: Deed, ids: Id[]) {
    this.picking = undefined;
    this.tagging = undefined;
    this.resolving = undefined;
    if (!this.desk.isLive) {
      toasts.show(words.t.bulk.offline);
      return;
    }
    // What it takes to say who may do what is read first.
    const unread = ids.filter((id) => this.desk.get(id)?.level === "packed");
    if (unread.length > 0) {
      this.desk.rows(unread).then(
        () => this.begin(deed, ids),
        () => toasts.show(words.t.bulk.offline),
      );
      return;
    }
    if (deed.kind === "resolve" && deed.chosen === undefined) {
      const teams = this.held(ids).map((held) => headOf(held).team_id);
      const asked = askedOf(this.desk.settings.of("outcomes"), teams);
      if (asked !== undefined) {
        this.resolving = { asked, ids };
        return;
      }
    }
    const of = ids.map((id) => ({ id, held: this.desk.get(id) }));
    const steps = planOf(deed, of, this.hand);
    if (steps.every(({ hindrance }) => hindrance?.kind === "same")) {
      toasts.show(words.t.bulk.already);
      this.clear();
    } else if (steps.some(({ hindrance: why }) => why !== undefined && why.kind !== "same")) {
      this.asking = { deed, steps };
    } else {
      this.go(deed, steps);
    }
  }

  /** Does what can be done. What stands on the screen now is what each command knows. */
  go(deed: Deed, steps: Step[]) {
    this.asking = undefined;
    const parts = steps.flatMap(({ id, command }) => {
      const held = this.desk.get(id);
      if (command === undefined || held === undefined) return [];
      return [{ before: beforeOf(held), steps: [command] }];
    });
    this.left = undefined;
    this.start(begin(deed, false, parts, this.send));
    this.clear();
  }

  private readonly send = (of: Parameters<Desk["actAll"]>[0]) => this.desk.actAll(of);

  private start(run: Run) {
    if (run.of > 0) this.runs = [...this.runs, run];
  }

  /** Answers to what was done here; true for those. */
  hear(outcome: Outcome): boolean {
    if (outcome.kind === "again") return false;
    const refused = outcome.kind === "refused" ? outcome.refused : undefined;
    for (const run of this.runs) {
      const next = answered(run, outcome.item.command.op_id, refused, this.send);
      if (next === undefined) continue;
      this.runs = isOver(next)
        ? this.runs.filter((one) => one !== run)
        : this.runs.map((one) => (one === run ? next : one));
      if (isOver(next)) this.tell(next);
      return true;
    }
    return false;
  }

  private tell({ deed, isBack, done, refused }: Run) {
    const rows = refused.map(({ id, refused: why }) => ({
      id,
      why: whyRefused(this.desk, why, id),
    }));
    const [bad] = rows;
    if (rows.length > 1 || (bad !== undefined && done.length > 0)) {
      this.left = { rows: [...(isBack ? (this.left?.rows ?? []) : []), ...rows] };
    }
    if (done.length === 0) {
      toastOf(rows);
      return;
    }
    if (isBack) {
      const { length: failed } = this.left?.rows ?? [];
      const { board, bulk } = words.t;
      const isAll = failed === 0;
      toasts.show(isAll ? board.undone(done.length) : bulk.undoneSome(done.length, failed));
      return;
    }
    const isUndoable = done.some((before) => this.undo(deed, before) !== undefined);
    const back = isUndoable ? () => this.takeBack(deed, done) : undefined;
    const text = doneText(this.desk, deed, done);
    const isOfMany = done.length > 1;
    toasts.show(bad === undefined ? text : words.t.bulk.some(text, rows.length), back, isOfMany);
  }

  private undo(deed: Deed, before: Before) {
    return undoOf(deed, before, this.desk.get(before.id), this.hand, this.desk.now());
  }

  /** Takes back what was done to these, as far as nobody has acted since. */
  takeBack(deed: Deed, done: Before[]) {
    const all = done.map((before) => ({ before, steps: this.undo(deed, before) ?? [] }));
    const rows = all
      .filter(({ steps }) => steps.length === 0)
      .map(({ before: { id } }) => ({ id, why: hindranceText(this.desk, { kind: "acted" }, id) }));
    const isNone = rows.length === done.length;
    this.left = rows.length > 1 || (rows.length === 1 && !isNone) ? { rows } : undefined;
    if (isNone) toastOf(rows);
    this.start(begin(deed, true, all, this.send));
  }
}

/** Nothing was done: one reason is said, several are listed. */
function toastOf([one, ...others]: Left["rows"]) {
  if (one === undefined) return;
  toasts.show(others.length === 0 ? one.why : words.t.bulk.notDone(others.length + 1));
}

const KEY = Symbol("bulk");

export const giveBulk = (bulk: Bulk) => setContext(KEY, bulk);
export const takeBulk = (): Bulk => getContext<Bulk>(KEY);
