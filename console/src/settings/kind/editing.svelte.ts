// A setting that somebody edits: each field saves by itself, what the server refuses stays with its
// reason, and what somebody else changed meanwhile is shown and not written over.

import { Fault } from "../../live/api.ts";
import type { Setting } from "../../protocol.ts";
import { type Crossed, crossed, isSame } from "./bodies.ts";
import { type Values, valuesOf } from "./fields.ts";

export interface Doors {
  /** Puts what is set, of one that was seen; version 0 is new. */
  put: (values: Values, seen: Setting) => Promise<Setting>;
  /** The newest that was heard of. */
  newest: () => Setting | undefined;
  /** In words, beside the field. */
  say: (fault: unknown, field: string | undefined, value: unknown) => string;
  saved: (before: Setting, after: Setting) => void;
}

export interface Conflict extends Crossed {
  newest: Setting;
  sent: Values;
}

export class Editing {
  /** What the edits were made on. */
  base: Setting = $state.raw() as Setting;
  /** What is not saved yet. */
  edits: Values = $state.raw({});
  faults: Readonly<Record<string, string>> = $state.raw({});
  /** Why nothing is saved, where no field is to blame. */
  trouble: string | undefined = $state();
  conflict: Conflict | undefined = $state.raw();
  isSaving = $state(false);

  constructor(
    base: Setting,
    private readonly doors: Doors,
  ) {
    this.base = base;
  }

  readonly values: Values = $derived({ ...valuesOf(this.base), ...this.edits });
  readonly unsaved: number = $derived(Object.keys(this.edits).length);

  /** Somebody types. */
  edit(name: string, value: unknown) {
    const { [name]: _, ...faults } = this.faults;
    const { [name]: __, ...edits } = this.edits;
    this.faults = faults;
    this.edits = isSame(value, valuesOf(this.base)[name]) ? edits : { ...edits, [name]: value };
  }

  /** Takes over what was heard, unless somebody edits it. */
  heard() {
    const newest = this.doors.newest();
    if (newest === undefined || this.isSaving || this.unsaved > 0) return;
    if (newest.version > this.base.version) this.base = newest;
  }

  /** Saves all that can be; again where somebody typed meanwhile. */
  async save(): Promise<void> {
    if (this.isSaving || this.conflict !== undefined) return;
    this.isSaving = true;
    this.trouble = undefined;
    try {
      while (await this.once());
    } finally {
      this.isSaving = false;
      this.heard();
    }
  }

  /** What lies between two versions is put back. */
  async restore(before: Setting): Promise<void> {
    const [now, then] = [valuesOf(this.base), valuesOf(before)];
    for (const name of new Set([...Object.keys(now), ...Object.keys(then)])) {
      this.edit(name, then[name]);
    }
    await this.save();
  }

  /** True if there may be more to save. */
  private async once(): Promise<boolean> {
    const open = Object.entries(this.edits).filter(([name]) => !(name in this.faults));
    if (open.length === 0) return false;
    const [base, sent] = [this.base, Object.fromEntries(open)];
    try {
      const after = await this.doors.put({ ...valuesOf(base), ...sent }, base);
      this.base = after;
      const rest = Object.entries(this.edits).filter(([name, value]) => value !== sent[name]);
      this.edits = Object.fromEntries(rest);
      this.doors.saved(base, after);
      return true;
    } catch (fault) {
      return this.refused(fault, sent);
    }
  }

  private refused(fault: unknown, sent: Values): boolean {
    const told = fault instanceof Fault ? fault.problem.setting : undefined;
    if (told?.newest !== undefined) return this.clash(told.newest, sent);
    const { field } = told ?? {};
    if (field === undefined) {
      this.trouble = this.doors.say(fault, undefined, undefined);
      return false;
    }
    this.faults = { ...this.faults, [field]: this.doors.say(fault, field, this.values[field]) };
    // A new one is made whole or not at all: without a field it would be another one.
    return field in sent && this.base.version > 0;
  }

  /** What only one of both changed is taken; else somebody has to choose. */
  private clash(newest: Setting, sent: Values): boolean {
    const base = valuesOf(this.base);
    const both = crossed(base, { ...base, ...sent }, valuesOf(newest));
    if (both.both.length > 0) {
      this.conflict = { ...both, newest, sent };
      return false;
    }
    this.rebase(newest);
    return true;
  }

  /** Goes on from the newer one, with the edits that it does not have. */
  private rebase(newest: Setting) {
    const theirs = valuesOf(newest);
    this.base = newest;
    const left = Object.entries(this.edits).filter(([name, value]) => !isSame(value, theirs[name]));
    this.edits = Object.fromEntries(left);
  }

  /** Of each field that both changed the one that was chosen. */
  async choose(isMine: (field: string) => boolean): Promise<void> {
    const { conflict } = this;
    if (conflict === undefined) return;
    const theirs = conflict.both.filter((name) => !isMine(name));
    const edits = Object.entries(this.edits).filter(([name]) => !theirs.includes(name));
    this.edits = Object.fromEntries(edits);
    this.conflict = undefined;
    this.rebase(conflict.newest);
    await this.save();
  }

  /** Theirs is left as it is. */
  leave() {
    const { conflict } = this;
    if (conflict === undefined) return;
    const left = Object.entries(this.edits).filter(([name]) => !(name in conflict.sent));
    this.edits = Object.fromEntries(left);
    this.conflict = undefined;
    this.base = conflict.newest;
  }

  /** Back to the form; what was typed is kept. */
  back() {
    this.conflict = undefined;
  }
}
