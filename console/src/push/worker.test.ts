import { afterEach, expect, test, vi } from "vitest";
import { type Scope, hearPushes } from "./worker.ts";

/** A worker that hears that somebody has signed out. */
async function signedOut(caches: string[]) {
  const done: string[] = [];
  const store = {
    has: (name: string) => Promise.resolve(caches.includes(name)),
    delete: (name: string) => Promise.resolve(void done.push(`deletes ${name}`)),
  };
  vi.stubGlobal("caches", store);
  const heard = new Map<string, (event: object) => void>();
  hearPushes({
    addEventListener: (type: string, listener: (event: object) => void) =>
      heard.set(type, listener),
    registration: {
      getNotifications: () => Promise.resolve([{ close: () => done.push("closes") }]),
    },
    navigator: {
      setAppBadge: (count: number) => Promise.resolve(void done.push(`badge ${count}`)),
    },
  } as unknown as Scope);
  const work: Promise<unknown>[] = [];
  const waitUntil = (one: Promise<unknown>) => work.push(one);
  heard.get("message")?.({ data: { kind: "no_pushes" }, waitUntil });
  await Promise.all(work);
  return done;
}
afterEach(() => vi.unstubAllGlobals());

test("who signs out leaves no notification and no badge", async () => {
  expect(await signedOut(["of-pushes"])).toEqual(["closes", "deletes of-pushes", "badge 0"]);
});

test("a browser that never had pushes is not asked for notifications and badges", async () => {
  expect(await signedOut(["page-1"])).toEqual([]);
});
