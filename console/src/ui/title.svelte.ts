// What waits for somebody, told where the page itself is not in sight: in its title, and on the
// icon of the installed app.

interface Badged {
  setAppBadge?: (count: number) => Promise<void>;
  clearAppBadge?: () => Promise<void>;
}

class Title {
  private count = $state(0);

  /** So many lines were not read in what the agent owns. */
  tell(count: number) {
    this.count = count;
    const app = navigator as unknown as Badged;
    const done = count === 0 ? app.clearAppBadge?.() : app.setAppBadge?.(count);
    // Not every browser shows one, and not every page may.
    done?.catch(() => undefined);
  }

  of(page: string): string {
    return `${this.count === 0 ? "" : `(${this.count}) `}${page} · Baton`;
  }
}

export const title = new Title();
