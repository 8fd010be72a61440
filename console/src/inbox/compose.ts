// The composer without a browser: what may be written, and what the colleagues are told meanwhile.

import type { ClientFrame, Head, Id, LeaseHolder, Thread } from "../protocol.ts";
import { type Hand, isWindowOpen, mayAnswer } from "../rules.ts";

export type Stand =
  /** Reply and note. */
  | { kind: "free" }
  /** A colleague is composing: one may write, sending waits. */
  | { kind: "blocked"; holder: Id }
  /** The 24 hours have passed, or the customer never wrote: notes only. */
  | { kind: "closed"; at: number | undefined }
  /** The team's policy leaves replies to the owner; in a queue, to its team. */
  | { kind: "not_owner"; owner: Id };

export interface Circumstances {
  now: number;
  hand: Hand;
  head: Head;
  thread: Thread;
  lease: LeaseHolder | undefined;
}

export function standOf({ now, hand, head, thread, lease }: Circumstances): Stand {
  if (!mayAnswer(head, hand)) return { kind: "not_owner", owner: head.owner.id };
  if (!isWindowOpen(thread, now)) {
    const until = thread.window_until;
    return { kind: "closed", at: until === null ? undefined : Date.parse(until) };
  }
  if (lease !== undefined && lease.agent_id !== hand.me) {
    return { kind: "blocked", holder: lease.agent_id };
  }
  return { kind: "free" };
}

/** A composer that lost the focus keeps the lease so long, ms. */
const BLUR_MS = 20_000;
/** Colleagues see the text change so often, ms. */
const DRAFT_MS = 400;

/** What colleagues are told while somebody types in one conversation. */
export class Typing {
  private isOn = false;
  private saidAt = 0;
  private draftAt = 0;
  private blurredAt: number | undefined;
  private text = "";
  private told = "";

  constructor(
    private readonly conversation_id: Id,
    private readonly keepMs: number,
  ) {}

  typed(text: string, now: number): ClientFrame[] {
    this.text = text;
    this.blurredAt = undefined;
    // The server keeps what was typed last: it is told that nothing is left of it.
    if (text.trim() === "") return [{ ...this.draft(), text: "" }, ...this.stop()];
    if (!this.isOn) {
      this.isOn = true;
      this.draftAt = now;
      this.told = text;
      return [this.compose("start", now), this.draft()];
    }
    return this.tick(now);
  }

  blurred(now: number) {
    this.blurredAt ??= now;
  }

  takeOver(now: number): ClientFrame[] {
    this.isOn = true;
    this.blurredAt = undefined;
    return [this.compose("take_over", now)];
  }

  /** A colleague took over: nothing more is told until the next key. */
  lost() {
    this.isOn = false;
  }

  stop(): ClientFrame[] {
    if (!this.isOn) return [];
    this.isOn = false;
    this.told = "";
    return [{ type: "compose", conversation_id: this.conversation_id, action: "stop" }];
  }

  /** To be called at least once a second while somebody may be typing. */
  tick(now: number): ClientFrame[] {
    if (!this.isOn) return [];
    if (this.blurredAt !== undefined && now - this.blurredAt >= BLUR_MS) return this.stop();
    const frames: ClientFrame[] = [];
    if (now - this.saidAt >= this.keepMs) frames.push(this.compose("keep", now));
    if (this.text !== this.told && now - this.draftAt >= DRAFT_MS) {
      this.draftAt = now;
      this.told = this.text;
      frames.push(this.draft());
    }
    return frames;
  }

  private compose(action: "start" | "keep" | "take_over", now: number): ClientFrame {
    this.saidAt = now;
    return { type: "compose", conversation_id: this.conversation_id, action };
  }

  private draft(): ClientFrame & { type: "draft" } {
    return { type: "draft", conversation_id: this.conversation_id, text: this.text };
  }
}
