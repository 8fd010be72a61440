// Records a voice note: one at a time in all tabs of this browser, and what was said until then is
// kept where the microphone goes away.

import { oggOf } from "./ogg.ts";

/** Why nothing is recorded. */
export type Silence = "refused" | "missing" | "busy" | "elsewhere" | "insecure" | "unable";

export interface Recorded {
  file: File;
  /** What WhatsApp takes it as: browsers without Opus record a file of sound. */
  kind: "voice" | "audio";
  /** The microphone went away before it was stopped. */
  isCut: boolean;
}

/** As WhatsApp's own app has it, more or less, ms. */
export const LONGEST_MS = 15 * 60_000;
const TYPES = ["audio/ogg;codecs=opus", "audio/webm;codecs=opus", "audio/mp4"];
/** Loudness is read so often, ms, and so much of it is drawn. */
const LEVEL_MS = 100;
const LEVELS = 48;

export class Recorder {
  state: "asking" | "recording" | "over" = $state("asking");
  silence: Silence | undefined = $state();
  /** How long it is so far. */
  ms = $state(0);
  /** How loud the last moments were, 0 to 100. */
  levels: number[] = $state.raw([]);
  private media: MediaRecorder | undefined;
  private stream: MediaStream | undefined;
  private sound: AudioContext | undefined;
  private timer: ReturnType<typeof setInterval> | undefined;
  private parts: Blob[] = [];
  private isCut = false;
  private free: (() => void) | undefined;

  constructor(private readonly done: (recorded: Recorded) => void) {
    void this.begin();
  }

  private async begin() {
    const devices = navigator.mediaDevices as MediaDevices | undefined;
    if (devices === undefined) return this.fail("insecure");
    if (!("MediaRecorder" in window)) return this.fail("unable");
    const type = TYPES.find((one) => MediaRecorder.isTypeSupported(one));
    if (type === undefined) return this.fail("unable");
    if (!(await this.isAlone())) return this.fail("elsewhere");
    try {
      this.stream = await devices.getUserMedia({
        audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true },
      });
    } catch (error) {
      return this.fail(silenceOf(error));
    }
    if (this.state === "over") return this.letGo();
    this.record(this.stream, type);
  }

  private record(stream: MediaStream, type: string) {
    const media = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: 32_000 });
    media.addEventListener("dataavailable", ({ data }) => this.parts.push(data));
    media.addEventListener("stop", () => void this.finish(type));
    for (const track of stream.getTracks()) {
      track.addEventListener("ended", () => {
        this.isCut = true;
        this.stop();
      });
    }
    this.media = media;
    media.start(1_000);
    this.state = "recording";
    this.listen(stream, performance.now());
  }

  private listen(stream: MediaStream, from: number) {
    this.sound = new AudioContext();
    const analyser = this.sound.createAnalyser();
    this.sound.createMediaStreamSource(stream).connect(analyser);
    const wave = new Uint8Array(analyser.fftSize);
    this.timer = setInterval(() => {
      this.ms = performance.now() - from;
      analyser.getByteTimeDomainData(wave);
      const most = wave.reduce((max, value) => Math.max(max, Math.abs(value - 128)), 0);
      this.levels = [...this.levels, Math.min(100, Math.round((most / 128) * 140))].slice(-LEVELS);
      if (this.ms >= LONGEST_MS) this.stop();
    }, LEVEL_MS);
  }

  /** What was recorded is handed over. */
  stop() {
    if (this.media?.state === "recording") this.media.stop();
  }

  /** Nothing of it is kept. */
  discard() {
    this.state = "over";
    this.parts = [];
    if (this.media?.state === "recording") this.media.stop();
    this.letGo();
  }

  private async finish(type: string) {
    const isKept = this.state === "recording";
    this.state = "over";
    this.letGo();
    if (!isKept) return;
    const bytes = new Uint8Array(await new Blob(this.parts).arrayBuffer());
    const file = fileOf(bytes, type);
    if (file === undefined) this.fail("unable");
    else this.done({ ...file, isCut: this.isCut });
  }

  private fail(silence: Silence) {
    this.silence = silence;
    this.state = "over";
    this.letGo();
  }

  private letGo() {
    clearInterval(this.timer);
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    void this.sound?.close().catch(() => undefined);
    this.free?.();
    [this.stream, this.sound, this.free] = [undefined, undefined, undefined];
  }

  /** Whether no other tab records; from here on none does. */
  private isAlone(): Promise<boolean> {
    const locks = navigator.locks as LockManager | undefined;
    if (locks === undefined) return Promise.resolve(true);
    return new Promise((alone) => {
      void locks.request("baton.microphone", { ifAvailable: true }, (lock) => {
        alone(lock !== null);
        if (lock === null) return undefined;
        return new Promise<void>((free) => (this.free = free));
      });
    });
  }
}

function silenceOf(error: unknown): Silence {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "refused";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "missing";
  return name === "NotReadableError" || name === "AbortError" ? "busy" : "unable";
}

/** The file that is sent; undefined where nothing was recorded. */
export function fileOf(
  bytes: Uint8Array<ArrayBuffer>,
  type: string,
): Pick<Recorded, "file" | "kind"> | undefined {
  if (bytes.length === 0) return undefined;
  if (type.startsWith("audio/mp4")) {
    return { file: new File([bytes], "voice.m4a", { type: "audio/mp4" }), kind: "audio" };
  }
  const ogg = type.startsWith("audio/webm") ? oggOf(bytes) : bytes;
  if (ogg === undefined) return undefined;
  return { file: new File([ogg], "voice.ogg", { type: "audio/ogg; codecs=opus" }), kind: "voice" };
}
