/** Asks, and gives up where no answer begins within this time, ms. Its body may take longer. */
export async function headWithin(
  ms: number,
  ask: (signal: AbortSignal) => Promise<Response>,
): Promise<Response> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new DOMException("no answer", "TimeoutError")), ms);
  try {
    return await ask(late.signal);
  } finally {
    clearTimeout(timer);
  }
}
