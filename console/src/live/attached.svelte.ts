// The files that go with drafts. They stay while somebody looks elsewhere, until they were sent or
// taken off; a page that is loaded anew has none.

import type { FileKind } from "../inbox/attach.ts";
import type { Id } from "../protocol.ts";
import { Upload } from "./upload.svelte.ts";

const NONE: readonly Upload[] = [];

export class Attached {
  private all: ReadonlyMap<Id, readonly Upload[]> = $state.raw(new Map());

  of(conversation: Id): readonly Upload[] {
    return this.all.get(conversation) ?? NONE;
  }

  add(conversation: Id, file: File, kind: FileKind) {
    const upload = new Upload(conversation, file, kind);
    this.set(conversation, [...this.of(conversation), upload]);
  }

  /** It goes with no message: the server lets go of it. */
  remove(conversation: Id, upload: Upload) {
    void upload.giveUp();
    this.set(
      conversation,
      this.of(conversation).filter((one) => one !== upload),
    );
  }

  /** They went with a message. */
  sent(conversation: Id) {
    for (const upload of this.of(conversation)) upload.release();
    this.set(conversation, NONE);
  }

  /** None goes with any message any more. */
  async giveUp(): Promise<void> {
    const all = [...this.all.values()].flat();
    this.all = new Map();
    await Promise.all(all.map((upload) => upload.giveUp()));
  }

  private set(conversation: Id, files: readonly Upload[]) {
    const all = new Map(this.all);
    if (files.length === 0) all.delete(conversation);
    else all.set(conversation, files);
    this.all = all;
  }
}
