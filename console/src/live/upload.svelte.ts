// One file on its way to the server and from there to WhatsApp: in pieces, and on after a cut.

import { type FileKind, mediaType } from "../inbox/attach.ts";
import type { Id, Upload as Told } from "../protocol.ts";
import { Fault, request } from "./api.ts";

/** A piece that a slow line carries within a request's time, bytes. */
const PIECE = 512 * 1024;
const AGAIN_MS = 2_000;
const ASK_MS = 700;
/** Refusals after which the same may be taken: signed in again, or a little later. */
const PASSING: readonly number[] = [401, 429];

export class Upload {
  /** How much the server has, of 1. */
  part: number = $state(0);
  state: "sending" | "ready" | "refused" = $state("sending");
  /** Why the server refused it; none where WhatsApp did. */
  trouble: Fault | undefined = $state.raw();
  id: Id | undefined;
  private isOver = false;
  private heard: string | undefined;

  constructor(
    private readonly conversation: Id,
    readonly file: File,
    readonly kind: FileKind,
  ) {
    void this.run();
  }

  /** Where a page can play it, until it has gone. */
  listenTo(): string {
    return (this.heard ??= URL.createObjectURL(this.file));
  }

  /** No page shows it any more. */
  release() {
    if (this.heard !== undefined) URL.revokeObjectURL(this.heard);
    this.heard = undefined;
  }

  /** It goes with no message. What cannot be told the server, it ends by itself. */
  async giveUp(): Promise<void> {
    this.isOver = true;
    this.release();
    if (this.id === undefined) return;
    await request("DELETE", `/uploads/${this.id}`).catch(() => undefined);
  }

  private async run() {
    let told: Told | undefined;
    while (!this.isOver && this.state === "sending") {
      try {
        told = await this.step(told);
      } catch (fault) {
        const mayPass =
          !(fault instanceof Fault) || fault.status >= 500 || PASSING.includes(fault.status);
        if (!mayPass && fault.code !== "upload_from") {
          this.state = "refused";
          this.trouble = fault;
          return;
        }
        if (mayPass) await pause(AGAIN_MS);
        if (this.id !== undefined) told = undefined;
      }
    }
  }

  private async step(told: Told | undefined): Promise<Told> {
    if (this.id === undefined) {
      const { name, size: bytes } = this.file;
      const announced = {
        kind: this.kind,
        media_type: mediaType(this.file),
        bytes,
        ...(this.kind === "document" ? { name: plain(name) } : {}),
      };
      const begun = await request<Told>(
        "POST",
        `/conversations/${this.conversation}/uploads`,
        announced,
      );
      this.id = begun.id;
      if (this.isOver) void this.giveUp();
      return begun;
    }
    const path = `/uploads/${this.id}`;
    if (told === undefined) return this.hear(await request<Told>("GET", path));
    if (told.state === "receiving") {
      const { received } = told;
      const piece = this.file.slice(received, received + PIECE, "application/octet-stream");
      return this.hear(await request<Told>("PUT", `${path}?from=${String(received)}`, piece));
    }
    await pause(ASK_MS);
    return this.hear(await request<Told>("GET", path));
  }

  private hear(told: Told): Told {
    this.part = told.received / told.bytes;
    if (told.state === "ready" || told.state === "refused") this.state = told.state;
    return told;
  }
}

/** A name on one line, as the server takes it. */
function plain(name: string): string {
  // eslint-disable-next-line no-control-regex
  const text = [...name.replace(/[\u0000-\u001f\u007f-\u009f]/gu, "_")].slice(-240).join("");
  return text === "" ? "file" : text;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
