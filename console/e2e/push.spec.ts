// A browser that is told of what is new while no page of Baton is open. Its own push service stands
// aside: the simulator is subscribed in its place, and what it decrypts is handed to the worker.
import type { CDPSession, Page } from "@playwright/test";
import { type World, expect, long, open } from "./world.ts";

interface Subscription {
  endpoint: string;
  p256dh: string;
  auth: string;
}
interface Call {
  target: string;
  plaintext: string | null;
}
interface Shown {
  title: string;
  body: string;
}

async function subscription(world: World): Promise<Subscription> {
  const address = `${world.facts.simulator_url}/control/push/subscriptions`;
  const made = await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  return (await made.json()) as Subscription;
}

/** The page gets this subscription when it asks for one. */
function subscribed({ endpoint, p256dh, auth }: Subscription) {
  let isOn = false;
  const made = {
    endpoint,
    toJSON: () => ({ endpoint, keys: { p256dh, auth } }),
    unsubscribe: () => Promise.resolve(!(isOn = false)),
  } as unknown as PushSubscription;
  PushManager.prototype.subscribe = () => Promise.resolve(((isOn = true), made));
  PushManager.prototype.getSubscription = () => Promise.resolve(isOn ? made : null);
}

/** What the server pushed there so far, in the words that the browser reads. */
async function pushed(world: World, { endpoint }: Subscription): Promise<string[]> {
  const calls = await fetch(`${world.facts.simulator_url}/control/push/calls`);
  const all = (await calls.json()) as Call[];
  return all.flatMap(({ target, plaintext }) =>
    plaintext !== null && endpoint.endsWith(target) ? [plaintext] : [],
  );
}

class Worker {
  private constructor(
    private readonly page: Page,
    private readonly cdp: CDPSession,
    private readonly registrationId: string,
  ) {}

  static async of(page: Page): Promise<Worker> {
    const cdp = await page.context().newCDPSession(page);
    const id = new Promise<string>((done) => {
      cdp.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
        const [one] = registrations;
        if (one !== undefined) done(one.registrationId);
      });
    });
    await cdp.send("ServiceWorker.enable");
    return new Worker(page, cdp, await id);
  }

  async hears(data: string) {
    const { origin } = new URL(this.page.url());
    const { registrationId } = this;
    await this.cdp.send("ServiceWorker.deliverPushMessage", { origin, registrationId, data });
  }

  shown(): Promise<Shown[]> {
    return this.page.evaluate(async () => {
      const all = await (await navigator.serviceWorker.ready).getNotifications();
      return all.map(({ title, body }) => ({ title, body }));
    });
  }

  /** Somebody presses the notification. */
  async pressed() {
    const [worker] = this.page.context().serviceWorkers();
    await worker?.evaluate(async () => {
      const scope = self as unknown as { registration: ServiceWorkerRegistration } & EventTarget;
      const [notification] = await scope.registration.getNotifications();
      const Press = (
        self as unknown as { NotificationEvent: new (kind: string, of: object) => Event }
      ).NotificationEvent;
      scope.dispatchEvent(new Press("notificationclick", { notification }));
    });
  }
}

/** They look at something else; the worker is not part of a page. */
async function looksAway(page: Page) {
  await page.goto("/settings/notifications?away");
  await page.evaluate(() => {
    Object.defineProperty(document, "visibilityState", { value: "hidden" });
    document.dispatchEvent(new Event("visibilitychange"));
  });
}

const conversationOf = (push: string) => (JSON.parse(push) as { c: string }).c;

long(
  "a browser is told of a new conversation, which is taken back and opened",
  async ({ world }) => {
    const made = await subscription(world);
    const ana = await world.desk("Ana", { serviceWorkers: "allow" });
    await ana.context().grantPermissions(["notifications"]);
    await ana.addInitScript(subscribed, made);
    await ana.goto("/settings/notifications");
    await expect(ana.getByTestId("push-here")).toHaveAttribute("data-stand", "off");
    await ana.getByTestId("push-here-switch").click();
    await expect(ana.getByTestId("push-here")).toHaveAttribute("data-stand", "on");
    const worker = await Worker.of(ana);
    const ben = await world.desk("Ben");

    await looksAway(ana);
    const uma = world.customer("Uma Rey");
    await uma.says("¿Abrís el sábado?");
    await expect.poll(() => pushed(world, made)).toHaveLength(1);
    const [told = ""] = await pushed(world, made);
    await worker.hears(told);
    await expect
      .poll(() => worker.shown())
      .toEqual([{ title: "Uma Rey", body: "¿Abrís el sábado?" }]);
    // A second copy is not a second notification.
    await worker.hears(told);

    // A colleague takes it: it goes, and the first copy does not bring it back.
    await ben.goto(`/inbox/open/${conversationOf(told)}`);
    await ben.getByTestId("claim").click();
    await expect.poll(() => pushed(world, made)).toHaveLength(2);
    const [, back = ""] = await pushed(world, made);
    await worker.hears(back);
    await expect.poll(() => worker.shown()).toEqual([]);
    await worker.hears(told);

    const leo = world.customer("Leo Sanz");
    await leo.says("Quiero devolver un pedido");
    await expect.poll(() => pushed(world, made)).toHaveLength(3);
    const [, , next = ""] = await pushed(world, made);
    await worker.hears(next);
    await expect
      .poll(() => worker.shown())
      .toEqual([{ title: "Leo Sanz", body: "Quiero devolver un pedido" }]);
    await worker.pressed();
    await expect(ana).toHaveURL(new RegExp(`/inbox/open/${conversationOf(next)}$`));
    await expect.poll(() => worker.shown()).toEqual([]);
    // The server knows that its pushes arrive.
    await expect
      .poll(() =>
        ana.evaluate(async () => {
          const { device_id } = JSON.parse(localStorage.getItem("baton.session") ?? "{}") as {
            device_id: string;
          };
          const answer = await fetch(`/api/v1/devices/${device_id}/push`);
          return ((await answer.json()) as { last_receipt_at?: string }).last_receipt_at ?? "never";
        }),
      )
      .not.toBe("never");

    await ana.goto("/settings/notifications");
    await ana.getByTestId("push-here-switch").click();
    await expect(ana.getByTestId("push-here")).toHaveAttribute("data-stand", "on");
    await ana.getByTestId("push-here-switch").click();
    await expect(ana.getByTestId("push-here")).toHaveAttribute("data-stand", "off");
  },
);

long("a browser whose push service never answers says so within ten seconds", async ({ world }) => {
  const ana = await world.desk("Ana", { serviceWorkers: "allow" });
  await ana.context().grantPermissions(["notifications"]);
  await ana.addInitScript(() => {
    PushManager.prototype.subscribe = () => new Promise(() => undefined);
  });
  await ana.goto("/settings/notifications");
  await expect(ana.getByTestId("push-here")).toHaveAttribute("data-stand", "off");
  await ana.getByTestId("push-here-switch").click();
  await expect(ana.getByTestId("push-here").getByRole("alert")).toBeVisible({ timeout: 15_000 });
  await expect(ana.getByTestId("push-here-switch")).not.toBeChecked();
  await expect(ana.getByTestId("push-here-switch")).toBeEnabled();
});

long("whom a note calls is told, by a name chosen behind an @", async ({ world }) => {
  const made = await subscription(world);
  const ben = await world.desk("Ben", { serviceWorkers: "allow" });
  await ben.context().grantPermissions(["notifications"]);
  await ben.addInitScript(subscribed, made);
  await ben.goto("/settings/notifications");
  await ben.getByTestId("push-here-switch").click();
  await expect(ben.getByTestId("push-here")).toHaveAttribute("data-stand", "on");
  await looksAway(ben);
  const ana = await world.desk("Ana");
  const ivo = world.customer("Ivo Blanco");
  await ivo.says("¿Es impermeable?");
  await open(ana, ivo.name);
  await ana.getByTestId("claim").click();
  await ana.getByTestId("composer-mode-note").click();
  const text = ana.getByTestId("composer-text");
  await text.pressSequentially("Do you know, @Be");
  await expect(ana.getByTestId("mentions").getByRole("option")).toHaveCount(1);
  await text.press("Enter");
  await expect(text).toHaveValue(/^Do you know, @Ben[^@]* $/);
  await ana.getByTestId("send").click();
  await expect(ana.getByRole("note").locator(".text b")).toHaveText(/^@Ben/);
  const isCalled = async () =>
    (await pushed(world, made)).some((one) => one.includes("Do you know"));
  await expect.poll(isCalled).toBe(true);
  const told = (await pushed(world, made)).find((one) => one.includes("Do you know")) ?? "";
  expect((JSON.parse(told) as { k: string }).k).toBe("mention");
});
