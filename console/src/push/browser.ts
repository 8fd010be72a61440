// Whether this browser is told by pushes, and how that begins and ends.
import { identity, request } from "../live/api.ts";
import type { PushKeys, PushRegistered } from "../protocol.ts";
import type { Left, Said } from "./told.ts";

export type Stand =
  /** The browser has no push here: it needs https, and on an iPhone the installed app. */
  | "missing"
  /** The user or an administrator blocked notifications for this page. */
  | "forbidden"
  | "off"
  | "on";

type Titles = Omit<Left, "receiptKey">;

/** A worker that is not there by then was refused, ms. */
const WORKER_WAIT_MS = 5_000;
/** Browsers whose push service is away leave one waiting for good, ms. */
const SERVICE_WAIT_MS = 10_000;

/** The page's service worker; `undefined` where the browser has no push. */
async function worker(): Promise<ServiceWorkerRegistration | undefined> {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  if (workers === undefined || !("PushManager" in window) || !("Notification" in window)) {
    return undefined;
  }
  return within(workers.ready, WORKER_WAIT_MS);
}

function within<T>(what: Promise<T>, ms: number): Promise<T | undefined> {
  return Promise.race([
    what,
    new Promise<undefined>((done) => setTimeout(() => done(undefined), ms)),
  ]);
}

export async function standing(): Promise<Stand> {
  const here = await worker();
  if (here === undefined) return "missing";
  if (Notification.permission === "denied") return "forbidden";
  const subscription = await here.pushManager.getSubscription();
  return subscription === null || Notification.permission !== "granted" ? "off" : "on";
}

/** Asks for the permission, subscribes, and tells the server. */
export async function turnOn(titles: Titles): Promise<Stand> {
  const here = await worker();
  if (here === undefined) return "missing";
  if ((await Notification.requestPermission()) !== "granted") return standing();
  const { vapid } = await request<PushKeys>("GET", "/push/keys");
  const options = { userVisibleOnly: true, applicationServerKey: vapid };
  const subscription = await within(here.pushManager.subscribe(options), SERVICE_WAIT_MS);
  if (subscription === undefined) throw new DOMException("it does not answer", "TimeoutError");
  await register(subscription, titles);
  return "on";
}

/** Registers the subscription again: endpoints change, and the server forgets old ones. */
export async function confirm(titles: Titles): Promise<void> {
  if ((await standing()) !== "on") return;
  const subscription = await (await worker())?.pushManager.getSubscription();
  if (subscription !== null && subscription !== undefined) await register(subscription, titles);
}

async function register(subscription: PushSubscription, titles: Titles) {
  const { endpoint, keys } = subscription.toJSON();
  const me = identity();
  if (me === undefined || endpoint === undefined) return;
  const { p256dh = "", auth = "" } = keys ?? {};
  const put = {
    lane: "webpush",
    target_kind: "endpoint",
    target: endpoint,
    key: { p256dh, auth },
    locale: document.documentElement.lang,
  };
  const path = `/devices/${me.device_id}/push`;
  const { receipt_key } = await request<PushRegistered>("PUT", path, put);
  say(await worker(), { kind: "pushes", left: { ...titles, receiptKey: receipt_key } });
}

/** Ends the registration and the subscription, and closes the notifications on the screen. */
export async function turnOff(): Promise<void> {
  const me = identity();
  if (me !== undefined) await request("DELETE", `/devices/${me.device_id}/push`);
  await forget();
}

/** The same without asking the server: it ends a registration when the session ends. */
export async function forget(): Promise<void> {
  const here = await worker();
  if (here === undefined) return;
  await (await here.pushManager.getSubscription())?.unsubscribe();
  say(here, { kind: "no_pushes" });
}

function say(to: ServiceWorkerRegistration | undefined, said: Said) {
  to?.active?.postMessage(said);
}

/** A notification was pressed while the page was there. */
export function listen(open: (conversation: string) => void, lookAtNumbers: () => void) {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  type Pressed = { open?: unknown; settings?: unknown } | null;
  workers?.addEventListener("message", ({ data }: MessageEvent<Pressed>) => {
    if (typeof data?.open === "string") open(data.open);
    if (data?.settings === "numbers") lookAtNumbers();
  });
}
