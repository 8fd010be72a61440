// Which scripts a page may run beside itself: two workers, and nothing that a text could name.

interface Policies {
  createPolicy(
    name: string,
    rules: { createScriptURL: (text: string) => string },
  ): { createScriptURL: (text: string) => string };
}

/** Keeps the page. */
export const KEEPER = "/service-worker.js";
/** Reads documents. */
const READER = /^\/assets\/pdf\.worker[\w.-]*\.js$/;

let policy: ReturnType<Policies["createPolicy"]> | undefined;

/** The address of a worker of this page, as the browser wants it. */
export function workerAddress(path: string): string {
  const policies = (window as { trustedTypes?: Policies }).trustedTypes;
  policy ??= policies?.createPolicy("baton-worker", {
    createScriptURL: (text) => {
      if (text !== KEEPER && !READER.test(text))
        throw new TypeError(`${text} is no worker of this page`);
      return text;
    },
  });
  return policy?.createScriptURL(path) ?? path;
}
