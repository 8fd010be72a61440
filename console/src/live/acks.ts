// What the server is told of how far this page has come, and whether somebody looks at it: what
// they saw here is not pushed to their phone. Without I/O: the state goes in, the frame comes out.

import type { ClientFrame } from "../protocol.ts";

/** At most so often, ms. */
const PAUSE_MS = 1_000;
/** And so often while somebody looks, though nothing changed, ms. */
const REPEAT_MS = 60_000;

export class Acks {
  private said: { upto: number; foreground: boolean; at: number } | undefined;
  private upto: number | undefined;
  private foreground = false;

  /** When `tick` is to be called next, ms. */
  get due(): number | undefined {
    if (this.upto === undefined) return undefined;
    if (this.said === undefined) return 0;
    const { upto, foreground, at } = this.said;
    if (upto !== this.upto || foreground !== this.foreground) return at + PAUSE_MS;
    return foreground ? at + REPEAT_MS : undefined;
  }

  /** How it stands: the position that was applied, and whether somebody looks. */
  set(upto: number | undefined, foreground: boolean) {
    this.upto = upto;
    this.foreground = foreground;
  }

  /** Another connection knows nothing yet. */
  lost() {
    this.said = undefined;
  }

  /** What is to be said now. */
  tick(now: number): ClientFrame | undefined {
    const { due, upto, foreground } = this;
    if (upto === undefined || due === undefined || now < due) return undefined;
    this.said = { upto, foreground, at: now };
    return { type: "ack", upto, foreground };
  }
}
