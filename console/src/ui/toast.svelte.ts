// The last thing that was done, and a way back: one at a time, a newer one takes the place.

export interface Toast {
  text: string;
  undo?: (() => void) | undefined;
  /** Where it leads. */
  go?: { text: string; run: () => void } | undefined;
}

const SHOWN_MS = 10_000;
/** The way back from several at once stays longer: people look at the result first. */
const MANY_SHOWN_MS = 30_000;

class Toasts {
  current: Toast | undefined = $state.raw();
  private timer: ReturnType<typeof setTimeout> | undefined;

  show(text: string, undo?: () => void, isOfMany = false) {
    this.current = { text, undo };
    clearTimeout(this.timer);
    const ms = undo === undefined ? SHOWN_MS / 2 : isOfMany ? MANY_SHOWN_MS : SHOWN_MS;
    this.timer = setTimeout(() => this.clear(), ms);
  }

  /** Something that happened, and the way there. */
  tell(text: string, go: { text: string; run: () => void }) {
    this.current = { text, go };
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.clear(), SHOWN_MS);
  }

  clear() {
    clearTimeout(this.timer);
    this.current = undefined;
  }

  undo() {
    const undo = this.current?.undo;
    this.clear();
    // It may have something to say itself.
    undo?.();
  }
}

export const toasts = new Toasts();
