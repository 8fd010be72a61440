// How many messages wait for a person, everywhere in sight: read again when something happened that
// may have changed it, and not too often.

import type { Event, ReviewCount, ReviewPage, ServerFrame } from "../protocol.ts";
import { Fault, request } from "./api.ts";

/** At most so often, ms. */
const PAUSE_MS = 3_000;
/** What could not be read is asked for again after this time, ms. */
const AGAIN_MS = 15_000;

export class Waiting {
  /** Undefined before it was read. */
  counts: readonly ReviewCount[] | undefined = $state.raw();
  readonly total = $derived((this.counts ?? []).reduce((sum, { count }) => sum + count, 0));

  /** When it was asked for last, ms; later than now where the server is to be left alone. */
  private readAt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isStopped = false;

  stop() {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  heard(frame: ServerFrame) {
    if (isNews(frame, this.total)) this.soon();
  }

  /** Reads it, at once where that was long ago. */
  soon() {
    if (this.timer !== undefined || this.isStopped) return;
    const wait = Math.max(0, this.readAt + PAUSE_MS - Date.now());
    this.timer = setTimeout(() => void this.read(), wait);
  }

  private async read() {
    // What is told from here on may not be in the answer: it is read again then.
    this.timer = undefined;
    const askedAt = (this.readAt = Date.now());
    try {
      const { counts } = await request<ReviewPage>("GET", "/review?limit=1");
      // A slow answer says less than the one that was asked for after it.
      if (this.readAt === askedAt) this.counts = counts;
    } catch (error) {
      // It is only a number: the one before it stays.
      if (error instanceof Fault && error.status < 500 && error.status !== 429) return;
      this.readAt = Date.now() + AGAIN_MS - PAUSE_MS;
      this.soon();
    }
  }
}

/** Whether a frame may have changed how many wait, where so many did. */
export function isNews(frame: ServerFrame, total: number): boolean {
  switch (frame.type) {
    case "welcome":
    case "reset":
      return true;
    case "entered":
    case "left":
      return total > 0;
    case "events":
      return frame.events.some((event) => mayCount(event, total));
    default:
      return false;
  }
}

function mayCount(event: Event, total: number): boolean {
  if (event.type === "message_changed") {
    const isKept = event.status === "held" || event.status === "unconfirmed";
    // Any other word may settle one of those that wait.
    return isKept || total > 0;
  }
  // It may have come into sight, or gone out of it.
  return event.type === "owner_changed" || (event.type === "head_changed" && total > 0);
}
