// Data that a page loads, and acts on them: each act is done, then the data are loaded anew.

import { faultText } from "../fault.ts";

export class Loaded<T> {
  data: T | undefined = $state.raw();
  /** The reason why the last act or load failed, in words. */
  error: string | undefined = $state();
  isBusy = $state(false);

  constructor(private readonly read: () => Promise<T>) {}

  load(): void {
    const loaded = this.take().then(() => (this.error = undefined));
    loaded.catch((fault: unknown) => (this.error = faultText(fault)));
  }

  async act(does: () => Promise<unknown>): Promise<void> {
    this.error = undefined;
    this.isBusy = true;
    try {
      await does();
      await this.take();
    } catch (fault) {
      this.error = faultText(fault);
    } finally {
      this.isBusy = false;
    }
  }

  private async take() {
    this.data = await this.read();
  }
}
