// What keeps the page itself in the browser, so that it opens without a network. It holds the
// files of one build and nothing that people wrote: requests to the API pass it by. It also hears
// pushes.
import { isOfConsole } from "./addresses.ts";
import { headWithin } from "./head-within.ts";
import { type Scope, hearPushes } from "./push/worker.ts";

interface Waiting {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetching extends Waiting {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Worker {
  addEventListener(type: "install" | "activate", listener: (event: Waiting) => void): void;
  addEventListener(type: "fetch", listener: (event: Fetching) => void): void;
  readonly location: Location;
}
const worker = self as unknown as Worker;
hearPushes(self as unknown as Scope);

/** The build puts the list here. */
const FILES: string[] = JSON.parse("__FILES__");
const PAGE = "/index.html";
const KIND = "baton-";
/** The page of this build has its files' names in it. */
const NAME = `${KIND}${FILES.join().length}-${sum(FILES.join())}`;
/** A server that is slower than this is taken for none, ms. */
const PAGE_WAIT_MS = 4_000;

function sum(text: string): string {
  let all = 0;
  for (const char of text) all = (all * 31 + char.charCodeAt(0)) >>> 0;
  return all.toString(36);
}

worker.addEventListener("install", (event) => {
  event.waitUntil(keep());
});

async function keep() {
  const cache = await caches.open(NAME);
  await cache.addAll(FILES.filter((file) => file !== PAGE));
  // The page answers at every address; the server knows it as the root.
  const page = await fetch("/", { cache: "no-store" });
  if (!page.ok) throw new Error(`the page was answered ${page.status}`);
  await cache.put(PAGE, page);
}

worker.addEventListener("activate", (event) => {
  event.waitUntil(forget());
});

async function forget() {
  const old = (await caches.keys()).filter((name) => name.startsWith(KIND) && name !== NAME);
  await Promise.all(old.map((name) => caches.delete(name)));
}

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== worker.location.origin) return;
  if (request.mode === "navigate") {
    // A file that is opened in a tab comes from the server, however long it takes.
    if (isOfConsole(address.pathname)) event.respondWith(page(request));
  } else if (FILES.includes(address.pathname)) event.respondWith(file(request));
});

/** The newest page that can be had; without a network the one that is here. */
async function page(request: Request): Promise<Response> {
  try {
    return await headWithin(PAGE_WAIT_MS, (signal) => fetch(request, { signal }));
  } catch (error) {
    const kept = await caches.match(PAGE);
    if (kept === undefined) throw error;
    return kept;
  }
}

/** Its name says what is in it: what is here is right. */
async function file(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? fetch(request);
}
