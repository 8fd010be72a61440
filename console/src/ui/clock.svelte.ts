// The time as pages draw it: by the second, and by the quarter of a minute for long lists.

class Clock {
  second = $state(Date.now());
  quarter = $state(Date.now());
  /** The server's clock less this one's, ms. */
  skew = 0;
  private timer: ReturnType<typeof setInterval> | undefined;

  start() {
    this.timer ??= setInterval(() => {
      const now = Date.now() + this.skew;
      this.second = now;
      if (Math.abs(now - this.quarter) >= 15_000) this.quarter = now;
    }, 1_000);
  }
}

export const clock = new Clock();
