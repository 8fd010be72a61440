// The connection over the browser's sockets, clocks and requests: carries out what its machine says.

import { SUBPROTOCOL } from "../protocol.ts";
import type { ClientFrame, ServerFrame, SocketTicket } from "../protocol.ts";
import { Fault, request } from "./api.ts";
import type { Effect, Link } from "./socket.ts";

/** A connection that comes back within this time was never away, ms. */
const OFFLINE_AFTER_MS = 2_000;
const LOOK_MS = 500;

type SessionEnd = "signed_out" | "revoked";

interface Hooks {
  take: (frame: ServerFrame) => void;
  end: (why: SessionEnd) => void;
}

export class Connection {
  isLive = $state(false);
  /** Offline for so long that it should be said. */
  isOffline = $state(false);
  /** This agent has too many windows: this one waits. */
  isCrowded = $state(false);

  private socket: WebSocket | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isStopped = false;

  constructor(
    private readonly link: Link,
    private readonly hooks: Hooks,
  ) {}

  /** Whether frames go out: what is drawn follows a little later. */
  get isUp(): boolean {
    return this.link.state === "live";
  }

  start() {
    this.run(this.link.start(Date.now()));
    this.watch();
  }

  stop() {
    this.isStopped = true;
    clearTimeout(this.timer);
    this.run(this.link.stop());
  }

  /** Somebody looks, or the network is back: no pause is worth waiting for. */
  nudge() {
    this.run(this.link.nudge(Date.now()));
  }

  /** The browser says that there is no network. */
  offline() {
    this.run(this.link.offline(Date.now()));
  }

  /** A frame is missing. */
  resume() {
    this.run(this.link.resume(Date.now()));
  }

  tell(frame: ClientFrame) {
    this.run(this.link.send(frame));
  }

  /** The server greeted it. */
  greeted() {
    this.isLive = true;
    this.isOffline = false;
  }

  private run(effects: Effect[]) {
    for (const effect of effects) this.carryOut(effect);
    clearTimeout(this.timer);
    const { due } = this.link;
    if (due !== undefined && !this.isStopped) {
      const wait = Math.max(0, due - Date.now());
      this.timer = setTimeout(() => this.run(this.link.tick(Date.now())), wait);
    }
    this.isLive = this.isUp;
    this.isCrowded = this.link.isCrowded;
  }

  private carryOut(effect: Effect) {
    switch (effect.do) {
      case "ticket":
        void this.fetchTicket();
        break;
      case "open":
        this.open();
        break;
      case "send":
        // One that is closing takes nothing; its end is told soon.
        if (this.socket?.readyState === WebSocket.OPEN) {
          this.socket.send(JSON.stringify(effect.frame));
        }
        break;
      case "close":
        this.socket?.close();
        this.socket = undefined;
        break;
      case "frame":
        this.hooks.take(effect.frame);
        break;
      case "over":
        this.hooks.end(effect.why);
        break;
    }
  }

  private async fetchTicket() {
    try {
      const { ticket } = await request<SocketTicket>("POST", "/socket-tickets");
      this.run(this.link.ticket(ticket, Date.now()));
    } catch (error) {
      this.run(this.link.noTicket(whyNot(error), Date.now()));
    }
  }

  private open() {
    const address = `${location.origin.replace(/^http/, "ws")}/api/v1/socket`;
    const socket = new WebSocket(address, SUBPROTOCOL);
    const isCurrent = () => this.socket === socket;
    this.socket = socket;
    socket.onopen = () => isCurrent() && this.run(this.link.opened(Date.now()));
    socket.onmessage = ({ data }) =>
      isCurrent() && this.run(this.link.text(String(data), Date.now()));
    socket.onclose = ({ code, reason }) => {
      if (!isCurrent()) return;
      this.socket = undefined;
      this.run(this.link.closed(code, reason, Date.now()));
    };
  }

  private watch() {
    if (this.isStopped) return;
    const { downSince } = this.link;
    this.isOffline = downSince !== undefined && Date.now() - downSince > OFFLINE_AFTER_MS;
    setTimeout(() => this.watch(), LOOK_MS);
  }
}

/** What a request that was refused for want of a session says of it. */
export function sessionEnd(fault: Fault): SessionEnd {
  return fault.code === "device_revoked" ? "revoked" : "signed_out";
}

function whyNot(error: unknown): "retry" | SessionEnd {
  return error instanceof Fault && error.status === 401 ? sessionEnd(error) : "retry";
}
