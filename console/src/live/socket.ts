// The connection as a machine without I/O: what happened and the time go in, what is to be done
// comes out. The browser's socket, its timers and requests are `connection.svelte.ts`.

import { CLOSE, type ClientFrame, type ServerFrame, type Timings } from "../protocol.ts";

export type Effect =
  /** Ask for a ticket, and say `ticket` or `noTicket`. */
  | { do: "ticket" }
  | { do: "open" }
  | { do: "send"; frame: ClientFrame }
  | { do: "close" }
  /** For the feed, and for what is only true now. */
  | { do: "frame"; frame: ServerFrame }
  /** The session ended: sign in again, or wipe. */
  | { do: "over"; why: "signed_out" | "revoked" };

export type State = "off" | "ticketing" | "opening" | "greeting" | "live" | "waiting";

/** The first pause after a connection was lost, ms; doubled each time. */
const PAUSE_MIN_MS = 500;
const PAUSE_MAX_MS = 30_000;
/** After a fault of this client's own, or where it is one connection too many, ms. */
const FAULTY_PAUSE_MS = 120_000;
const CROWDED_PAUSE_MS = 60_000;
/** Ticket, handshake and welcome may each take so long, ms. */
const STEP_MAX_MS = 15_000;

export class Link {
  state: State = "off";
  timings: Timings | undefined;
  /** Since when there is no connection, ms; undefined while there is one. */
  downSince: number | undefined;
  /** When `tick` is to be called next, ms. */
  due: number | undefined;
  /** The agent has too many connections: this one waits its time. */
  isCrowded = false;
  /** A pause that nobody cuts short: coming back sooner would only be refused again. */
  private isOrdered = false;
  private failures = 0;
  private effects: Effect[] = [];

  constructor(
    private readonly me: { device_id: string },
    private readonly cursor: () => string | undefined,
    /** Chance, from 0 to below 1. */
    private readonly chance: () => number,
  ) {}

  start(now: number): Effect[] {
    if (this.state === "off") {
      this.downSince = now;
      this.connect(now);
    }
    return this.taken();
  }

  stop(): Effect[] {
    if (this.state === "off") return [];
    this.end();
    return this.taken();
  }

  ticket(ticket: string, now: number): Effect[] {
    if (this.state !== "ticketing") return [];
    this.pending = ticket;
    this.enter("opening", now + STEP_MAX_MS);
    this.effects.push({ do: "open" });
    return this.taken();
  }

  noTicket(why: "retry" | "signed_out" | "revoked", now: number): Effect[] {
    if (this.state !== "ticketing") return [];
    if (why === "retry") this.wait(now);
    else this.finish(why);
    return this.taken();
  }

  opened(now: number): Effect[] {
    if (this.state !== "opening" || this.pending === undefined) return [];
    const cursor = this.cursor();
    const hello: ClientFrame = {
      type: "hello",
      ticket: this.pending,
      device_id: this.me.device_id,
      ...(cursor === undefined ? {} : { cursor }),
    };
    this.pending = undefined;
    this.enter("greeting", now + STEP_MAX_MS);
    this.effects.push({ do: "send", frame: hello });
    return this.taken();
  }

  text(text: string, now: number): Effect[] {
    if (this.state !== "greeting" && this.state !== "live") return [];
    const frame = read(text);
    if (frame === undefined) {
      this.lose(now);
      return this.taken();
    }
    if (frame.type === "welcome") {
      this.timings = frame.timings;
      this.failures = 0;
      this.downSince = undefined;
      this.isCrowded = false;
      this.state = "live";
    }
    if (this.state === "live") {
      // An idle server says something now and then; a socket that is silent is dead.
      this.due = now + (this.timings?.silent_ms ?? STEP_MAX_MS);
      this.effects.push({ do: "frame", frame });
    }
    return this.taken();
  }

  /** The socket is closed, by whomever. */
  closed(code: number, reason: string, now: number): Effect[] {
    if (this.state === "off" || this.state === "ticketing" || this.state === "waiting") return [];
    this.downSince ??= now;
    if (code === CLOSE.deviceRevoked) this.finish("revoked");
    else if (code === CLOSE.drain) this.wait(now, retryAfter(reason) ?? 0);
    else if (code === CLOSE.tooManySockets) this.order(now, retryAfter(reason) ?? CROWDED_PAUSE_MS);
    else if (code === CLOSE.faulty) this.order(now, FAULTY_PAUSE_MS);
    // The ticket tells whether the session is over: it may only have to be refreshed.
    else if (code === CLOSE.signInAgain && this.state === "live") this.connect(now);
    else this.wait(now);
    this.isCrowded = code === CLOSE.tooManySockets;
    return this.taken();
  }

  /** A frame is missing: connect again, with the cursor. */
  resume(now: number): Effect[] {
    if (this.state !== "live") return [];
    this.effects.push({ do: "close" });
    this.connect(now);
    return this.taken();
  }

  /** The network came back, or somebody looks again: no need to wait. */
  nudge(now: number): Effect[] {
    if (this.state === "waiting" && !this.isOrdered) this.connect(now);
    return this.taken();
  }

  /** The browser says that there is no network: a socket would only say so after a minute. */
  offline(now: number): Effect[] {
    if (this.state === "live" || this.state === "greeting") this.lose(now);
    return this.taken();
  }

  tick(now: number): Effect[] {
    if (this.due === undefined || now < this.due) return [];
    if (this.state === "waiting") this.connect(now);
    else if (this.state !== "off") this.lose(now);
    return this.taken();
  }

  send(frame: ClientFrame): Effect[] {
    return this.state === "live" ? [{ do: "send", frame }] : [];
  }

  private pending: string | undefined;

  private connect(now: number) {
    this.isOrdered = false;
    this.enter("ticketing", now + STEP_MAX_MS);
    this.effects.push({ do: "ticket" });
  }

  private lose(now: number) {
    this.downSince ??= now;
    this.effects.push({ do: "close" });
    this.wait(now);
  }

  private wait(now: number, atLeast = 0) {
    const most = Math.min(PAUSE_MAX_MS, PAUSE_MIN_MS * 2 ** this.failures);
    this.failures += 1;
    // Half of it is chance, so that not all come back at once.
    const pause = most / 2 + (most / 2) * this.chance();
    this.enter("waiting", now + Math.max(atLeast, pause));
  }

  private order(now: number, atLeast: number) {
    this.wait(now, atLeast);
    this.isOrdered = true;
  }

  private finish(why: "signed_out" | "revoked") {
    this.end();
    this.effects.push({ do: "over", why });
  }

  private end() {
    if (this.state !== "ticketing" && this.state !== "waiting") this.effects.push({ do: "close" });
    this.enter("off", undefined);
  }

  private enter(state: State, due: number | undefined) {
    this.state = state;
    this.due = due;
  }

  private taken(): Effect[] {
    const { effects } = this;
    this.effects = [];
    return effects;
  }
}

function read(text: string): ServerFrame | undefined {
  try {
    const frame: unknown = JSON.parse(text);
    const isFrame = typeof frame === "object" && frame !== null && "type" in frame;
    return isFrame ? (frame as ServerFrame) : undefined;
  } catch {
    return undefined;
  }
}

function retryAfter(reason: string): number | undefined {
  try {
    const { retry_after_ms: ms } = JSON.parse(reason) as { retry_after_ms?: unknown };
    return typeof ms === "number" && ms >= 0 ? Math.min(ms, 60_000) : undefined;
  } catch {
    return undefined;
  }
}
