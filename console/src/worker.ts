// Lets the browser keep the page, so that it opens without a network and can be installed.

const PATH = "/service-worker.js";

interface Policies {
  createPolicy(
    name: string,
    rules: { createScriptURL: (text: string) => string },
  ): { createScriptURL: (text: string) => string };
}

export function keepPage() {
  // Only pages of a secure origin have workers.
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  if (workers === undefined) return;
  const policies = (window as { trustedTypes?: Policies }).trustedTypes;
  const allow = (text: string) => {
    if (text !== PATH) throw new TypeError(`${text} is no worker of this page`);
    return text;
  };
  const policy = policies?.createPolicy("baton-worker", { createScriptURL: allow });
  // A page without it works all the same.
  workers.register(policy?.createScriptURL(PATH) ?? PATH).catch(() => undefined);
}
