// A conversation that the server has begun is told by the socket. What it never tells, such as one
// that is resolved, is read.

interface Ways {
  isHeld: () => boolean;
  /** Reads it from the server. */
  read: () => Promise<unknown>;
  pause: (ms: number) => Promise<void>;
}

/** The socket is given so long before the conversation is read, ms. */
const SOCKET_MS = 300;
/** It is read again after this time, ms. */
const AGAIN_MS = 1_000;

/** Waits until it is held. False if that was given up first. */
export async function arrives(
  { isHeld, read, pause }: Ways,
  signal: AbortSignal,
): Promise<boolean> {
  for (let wait = SOCKET_MS; !isHeld(); wait = AGAIN_MS) {
    await pause(wait);
    if (signal.aborted) return false;
    if (!isHeld()) await read();
    if (signal.aborted) return false;
  }
  return true;
}
