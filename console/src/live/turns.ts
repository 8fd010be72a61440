// One reading of a kind at a time: who asks while it is read gets the next, for what is being read
// may be from before they asked.

export class Turns {
  private readonly all = new Map<string, { now: Promise<void>; next?: Promise<void> }>();

  /** Ends once something was read that was asked for after this call. */
  take(kind: string, read: () => Promise<void>): Promise<void> {
    const turn = this.all.get(kind);
    if (turn !== undefined) return (turn.next ??= turn.now.then(() => this.take(kind, read)));
    const now = read().finally(() => this.all.delete(kind));
    this.all.set(kind, { now });
    return now;
  }
}
