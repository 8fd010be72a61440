// The views as pages draw them: in order, counted, up to date with each frame and with the time.

import { headOf } from "../live/held.ts";
import type { Desk } from "../live/session.svelte.ts";
import { Order, type Rows } from "./order.ts";
import type { Viewer } from "./views.ts";

/** Whether somebody is late by now is asked so often, ms. */
const TICK_MS = 5_000;

export class Listings {
  private version = $state(0);
  private order: Order;
  private me: Viewer = { agent: "", teams: [] };

  constructor(private readonly desk: Desk) {
    this.order = this.built();
  }

  /** Follows what is held until the answer is called. */
  follow(): () => void {
    const end = this.desk.onHeld((ids) => {
      if (ids === undefined) this.order = this.built();
      else for (const id of ids) this.order.set(id, this.desk.get(id));
      this.order.tick(this.desk.now());
      this.version += 1;
    });
    const timer = setInterval(() => {
      if (this.order.tick(this.desk.now())) this.version += 1;
    }, TICK_MS);
    return () => {
      end();
      clearInterval(timer);
    };
  }

  /** Whose views they are. */
  isOf(me: Viewer) {
    const isSame = me.agent === this.me.agent && me.teams.join() === this.me.teams.join();
    if (isSame && me.saved === this.me.saved && me.tags === this.me.tags) return;
    this.me = me;
    this.order = this.built();
    this.version += 1;
  }

  private built(): Order {
    const order = new Order(this.me);
    order.tick(this.desk.now());
    for (const held of this.desk.all()) order.set(headOf(held).id, held);
    return order;
  }

  rows(view: string): Rows {
    void this.version;
    return this.order.rows(view);
  }

  counts(views: readonly string[]): Map<string, number> {
    void this.version;
    return this.order.counts(views);
  }

  get unread(): number {
    void this.version;
    return this.order.unread;
  }

  get unreadLines(): number {
    void this.version;
    return this.order.unreadLines;
  }
}
