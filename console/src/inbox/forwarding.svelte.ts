// A line that is about to be sent on. Its author looks at the other conversation first: only what
// was on the screen there counts as seen.

import type { Id, Line } from "../protocol.ts";

export interface Forwarded {
  /** The conversation that the line stands in. */
  from: Id;
  /** The conversation whose customer gets it. */
  to: Id;
  line: Line;
}

class Forwarding {
  current: Forwarded | undefined = $state.raw();

  /** What is about to be sent to the customer of this conversation. */
  for(to: Id): Forwarded | undefined {
    return this.current?.to === to ? this.current : undefined;
  }

  begin(forwarded: Forwarded) {
    this.current = forwarded;
  }

  end() {
    this.current = undefined;
  }
}

export const forwarding = new Forwarding();
