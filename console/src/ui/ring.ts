// A short sound, made here: no file is loaded for it.

/** In one burst it rings once, ms. */
const BURST_MS = 10_000;
const LASTS_S = 0.25;
let rangAt = -Infinity;

/** Rings, unless it did a moment ago or the browser does not let it. */
export function ring() {
  if (performance.now() - rangAt < BURST_MS) return;
  rangAt = performance.now();
  try {
    const context = new AudioContext();
    const [tone, volume] = [context.createOscillator(), context.createGain()];
    tone.frequency.setValueAtTime(880, context.currentTime);
    tone.frequency.setValueAtTime(1175, context.currentTime + LASTS_S / 2);
    volume.gain.setValueAtTime(0.15, context.currentTime);
    volume.gain.exponentialRampToValueAtTime(0.001, context.currentTime + LASTS_S);
    tone.connect(volume).connect(context.destination);
    tone.start();
    tone.stop(context.currentTime + LASTS_S);
    tone.onended = () => void context.close();
  } catch {
    // Not every browser makes sounds.
  }
}
