// The server works at one report of a workspace at a time: the next one waits for its turn.

import { Fault } from "../live/api.ts";

const TRIES = 6;
/** Where the server does not say how long, ms. */
const PAUSE_MS = 1_500;

const sleep = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

/** Asks again while another report is being worked out, a few times. */
export async function askInTurn<T>(ask: () => Promise<T>, wait = sleep): Promise<T> {
  for (let left = TRIES - 1; ; left -= 1) {
    try {
      return await ask();
    } catch (error) {
      const isBusy = error instanceof Fault && error.code === "rate_limited";
      if (!isBusy || left === 0) throw error;
      await wait(error.problem.retry_after_ms ?? PAUSE_MS);
    }
  }
}

/** Runs over all of them, a few at once. */
export async function eachOf<T>(all: readonly T[], run: (one: T) => Promise<void>, atOnce = 4) {
  const left = all.values();
  const work = async () => {
    for (const one of left) await run(one);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}
