// Pushes in the service worker: it shows notifications, closes them, and opens their conversation.
import {
  type Gone,
  type Left,
  type Said,
  type Told,
  deed,
  INBOX,
  NUMBERS,
  isSaidByTitle,
  read,
} from "./told.ts";

interface Waiting {
  waitUntil(work: Promise<unknown>): void;
}
interface Pushed extends Waiting {
  readonly data: { text(): string } | null;
}
interface Touched extends Waiting {
  readonly notification: Notification;
}
interface Heard extends Waiting {
  readonly data: Said | null;
}
interface Page {
  readonly focused: boolean;
  focus(): Promise<unknown>;
  postMessage(message: unknown): void;
}
export interface Scope {
  addEventListener(type: "push", listener: (event: Pushed) => void): void;
  addEventListener(type: "message", listener: (event: Heard) => void): void;
  addEventListener(
    type: "notificationclick" | "notificationclose",
    listener: (event: Touched) => void,
  ): void;
  readonly registration: ServiceWorkerRegistration;
  readonly clients: {
    matchAll(wanted: { type: "window"; includeUncontrolled: boolean }): Promise<readonly Page[]>;
    openWindow(address: string): Promise<unknown>;
  };
  readonly navigator: Navigator;
}

/** The browser ends the worker between pushes: what it must remember lies in this cache. */
const CACHE = "of-pushes";
const LEFT = "/left";
const goneAt = (conversation: string) => `/gone/${conversation}`;

/** What a notification remembers. */
interface Kept {
  id: string;
  conversation: string;
}

export function hearPushes(scope: Scope) {
  scope.addEventListener("push", (event) => {
    const told = read(event.data?.text() ?? "");
    if (told !== undefined) event.waitUntil(hear(scope, told));
  });
  scope.addEventListener("message", (event) => {
    if (event.data?.kind === "pushes") event.waitUntil(keep(event.data.left));
    if (event.data?.kind === "no_pushes") event.waitUntil(forget(scope));
  });
  scope.addEventListener("notificationclick", (event) => {
    event.notification.close();
    const { id, conversation } = event.notification.data as Kept;
    event.waitUntil(Promise.all([open(scope, conversation), report(scope, id, "opened")]));
  });
  scope.addEventListener("notificationclose", (event) => {
    const { id } = event.notification.data as Kept;
    event.waitUntil(report(scope, id, "dismissed"));
  });
}

async function keep(left: Left) {
  await (await caches.open(CACHE)).put(LEFT, Response.json(left));
}

/** Somebody has signed out: nothing of theirs stays. */
async function forget(scope: Scope) {
  // Without pushes there is nothing to take back. Browsers without badges may take the page down.
  if (!(await caches.has(CACHE))) return;
  for (const one of await scope.registration.getNotifications()) one.close();
  await caches.delete(CACHE);
  await count(scope, 0);
}

async function hear(scope: Scope, told: Told) {
  const cache = await caches.open(CACHE);
  const { registration } = scope;
  const shown = await registration.getNotifications({ tag: told.conversation });
  const gone = await kept<Gone>(cache, goneAt(told.conversation));
  const todo = deed(told, Date.now(), gone, shown[0]?.data as Kept | undefined);
  if (todo === "withdraw") {
    for (const one of shown) one.close();
    const { epoch, position } = told;
    await cache.put(goneAt(told.conversation), Response.json({ epoch, position }));
  }
  if (todo === "show") {
    const left = await kept<Left>(cache, LEFT);
    const data: Kept = { id: told.id, conversation: told.conversation };
    const other = left?.titles[told.kind] ?? left?.title ?? "Baton";
    const said = isSaidByTitle(told) ? other : told.body;
    await registration.showNotification(told.title === "" ? other : told.title, {
      body: told.title === "" ? "" : said,
      silent: told.isQuiet,
      // A flood in one conversation is one notification.
      tag: told.conversation,
      data,
      icon: "/icon-192.png",
    });
  }
  await Promise.all([
    report(scope, told.id, todo === "show" ? "shown" : "received"),
    ...(told.badge === undefined ? [] : [count(scope, told.badge)]),
  ]);
}

/** The page that is there, else a new one. */
async function open(scope: Scope, conversation: string) {
  const pages = await scope.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages.find(({ focused }) => focused) ?? pages[0];
  if (page === undefined) {
    const places = new Map([
      [NUMBERS, "/settings/numbers"],
      [INBOX, "/inbox"],
    ]);
    await scope.clients.openWindow(places.get(conversation) ?? `/inbox/open/${conversation}`);
  } else {
    page.postMessage(conversation === NUMBERS ? { settings: "numbers" } : { open: conversation });
    await page.focus();
  }
}

/** The app's icon says how many lines of the agent's customers were not read, as the page does. */
async function count(scope: Scope, unread: number) {
  // Not every browser has badges.
  const badge = scope.navigator as { setAppBadge?: (count: number) => Promise<void> };
  await badge.setAppBadge?.(unread).catch(() => undefined);
}

/** Reports the stage of a push to the server. A report that fails is not sent again. */
async function report(
  scope: Scope,
  id: string,
  stage: "received" | "shown" | "opened" | "dismissed",
) {
  const left = await kept<Left>(await caches.open(CACHE), LEFT);
  if (left === undefined) return;
  const pages = await scope.clients.matchAll({ type: "window", includeUncontrolled: true });
  const app_state = pages.some(({ focused }) => focused) ? "foreground" : "background";
  await fetch("/api/v1/push/receipts", {
    method: "POST",
    credentials: "omit",
    headers: { authorization: `Bearer ${left.receiptKey}`, "content-type": "application/json" },
    body: JSON.stringify([{ id, stage, at: new Date().toISOString(), app_state }]),
  }).catch(() => undefined);
}

async function kept<T>(cache: Cache, at: string): Promise<T | undefined> {
  const found = await cache.match(at);
  return found === undefined ? undefined : ((await found.json()) as T);
}
