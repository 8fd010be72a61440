// What the server is told of how far this page has come, whether somebody looks at it, and when they
// did something here last. What they saw here is not pushed to their phone, and who does nothing
// here is not asked first for what comes. Without I/O: the state goes in, the frame comes out.

import type { ClientFrame } from "../protocol.ts";

/** At most so often, ms. */
const PAUSE_MS = 1_000;
/** And so often while somebody looks, though nothing changed, ms. */
const REPEAT_MS = 60_000;
/** Nobody looks at a page in front where nobody did anything for so long, ms. */
export const UNTOUCHED_MS = 300_000;

export class Acks {
  private said: { upto: number; foreground: boolean; at: number } | undefined;
  private upto: number | undefined;
  private foreground = false;
  private touchedAt: number | undefined;

  /** When `tick` is to be called next, ms. */
  get due(): number | undefined {
    if (this.upto === undefined) return undefined;
    if (this.said === undefined) return 0;
    const { upto, foreground, at } = this.said;
    if (upto !== this.upto || foreground !== this.foreground) return at + PAUSE_MS;
    return foreground ? at + REPEAT_MS : undefined;
  }

  /**
   * How it stands: the position that was applied, whether somebody looks, and when they did
   * something here last, where the server takes that.
   */
  set(upto: number | undefined, foreground: boolean, touchedAt?: number) {
    this.upto = upto;
    this.foreground = foreground;
    this.touchedAt = touchedAt;
  }

  /** Another connection knows nothing yet. */
  lost() {
    this.said = undefined;
  }

  /** What is to be said now. */
  tick(now: number): ClientFrame | undefined {
    const { due, upto, foreground, touchedAt } = this;
    if (upto === undefined || due === undefined || now < due) return undefined;
    this.said = { upto, foreground, at: now };
    const ack: ClientFrame = { type: "ack", upto, foreground };
    if (touchedAt === undefined) return ack;
    return { ...ack, idle_s: Math.max(0, Math.floor((now - touchedAt) / 1_000)) };
  }
}
