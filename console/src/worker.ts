// Lets the browser keep the page, so that it opens without a network and can be installed.

import { KEEPER, workerAddress } from "./trusted.ts";

export function keepPage() {
  // Only pages of a secure origin have workers.
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  // A page without it works all the same.
  workers?.register(workerAddress(KEEPER)).catch(() => undefined);
}
