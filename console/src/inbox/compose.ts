// The composer without a browser: what may be written, and what the colleagues are told meanwhile.

import type { ClientFrame, Head, Id, LeaseHolder, Line, LineKind, MessageStatus, Team, Thread } from "../protocol.ts";

export type Stand =
  /** Reply and note. */
  | { kind: "free" }
  /** A colleague is composing: one may write, sending waits. */
  | { kind: "blocked"; holder: Id }
  /** The 24 hours have passed, or the customer never wrote: notes only. */
  | { kind: "closed"; at: number | undefined }
  /** The team's policy leaves replies to the owner. */
  | { kind: "not_owner"; owner: Id };

export interface Circumstances {
  now: number;
  me: { agent: Id; device: Id; teams: Id[] };
  head: Head;
  thread: Thread;
  team: Team | undefined;
  lease: LeaseHolder | undefined;
}

export function standOf(c: Circumstances): Stand {
  const { owner } = c.head;
  if (owner.kind === "agent" && owner.id !== c.me.agent && !mayAnswer(c)) {
    return { kind: "not_owner", owner: owner.id };
  }
  const until = c.thread.window_until === null ? undefined : Date.parse(c.thread.window_until);
  const isOpen = c.thread.kind === "group" || (until !== undefined && until > c.now);
  if (!isOpen) return { kind: "closed", at: until };
  if (c.lease !== undefined && c.lease.agent_id !== c.me.agent) {
    return { kind: "blocked", holder: c.lease.agent_id };
  }
  return { kind: "free" };
}

/** As the server decides it for what a colleague owns. */
function mayAnswer({ team, me, head }: Circumstances): boolean {
  if (team?.reply_policy === "scope") return true;
  return team?.reply_policy === "team" && me.teams.includes(head.team_id);
}

/** Whether somebody may make a conversation theirs, as far as can be seen from here. */
export function mayClaim(
  c: Pick<Circumstances, "me" | "head" | "team"> & { isAdmin: boolean; supervises: boolean },
): boolean {
  const { owner, team_id } = c.head;
  if (owner.kind === "queue") return true;
  if (owner.id === c.me.agent) return false;
  if (c.isAdmin || c.supervises) return true;
  return c.team?.claim_from_colleagues === true && c.me.teams.includes(team_id);
}

/** Whether a reply can name it: the customer must know it, and still see it. */
export function mayQuote({ author, kind, status, content, amended }: Line): boolean {
  if (content.erased === true || amended?.revoked !== undefined) return false;
  if (WORDLESS.includes(kind)) return false;
  if (author.kind === "customer") return true;
  return status !== undefined && REACHED.includes(status);
}
/** Nothing of their own is said there. */
const WORDLESS: readonly LineKind[] = [
  "reaction",
  "edit",
  "revocation",
  "welcome_request",
  "call",
];
const REACHED: readonly MessageStatus[] = ["accepted", "sent", "delivered", "read", "played"];

/** Whether it can be sent on, as far as can be seen from here: a file must be on the server. */
export function mayForward({ kind, content, amended, file }: Line): boolean {
  if (content.erased === true || content.by !== undefined) return false;
  if (amended?.revoked !== undefined) return false;
  if (FILES.includes(kind)) return file?.state === "stored";
  return FORWARDED.includes(kind);
}
const FILES: readonly LineKind[] = ["image", "video", "audio", "voice", "document", "sticker"];
const FORWARDED: readonly LineKind[] = ["text", "location", "contact_cards", "interactive"];

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
