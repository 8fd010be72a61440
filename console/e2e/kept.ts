import type { Page } from "@playwright/test";

/** Everything that lies in this browser's database, as text. */
export function kept(page: Page): Promise<string> {
  return page.evaluate(
    () =>
      new Promise<string>((done, fail) => {
        const asked = indexedDB.open("baton");
        asked.onerror = () => fail(asked.error);
        asked.onsuccess = () => {
          const database = asked.result;
          const tx = database.transaction([...database.objectStoreNames], "readonly");
          const all = [...tx.objectStoreNames].map((name) => tx.objectStore(name).getAll());
          tx.oncomplete = () => {
            database.close();
            done(JSON.stringify(all.map(({ result }) => result as unknown)));
          };
        };
      }),
  );
}
