// What journeys are told in: a team of browsers, and customers who write.
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Locator,
  type Page,
  expect,
  test as base,
} from "@playwright/test";
import { Demo, type Facts, type Login } from "./server.ts";

export { expect };

interface Ack {
  upto: number;
  foreground: boolean;
}

/** What a page's socket is not told yet. */
interface Ears {
  isDeaf: boolean;
  /** How far it said that it has come. */
  acks: Ack[];
  /** How far its socket has told it the log. */
  told: number;
  waiting: (() => void)[];
  /** It is told that the server's clock is so much further, ms. */
  ahead: number;
  /** Ends the socket as a lost network does. */
  cut: () => void;
}

type State = Awaited<ReturnType<BrowserContext["storageState"]>>;

export class World {
  private readonly ears = new Map<Page, Ears>();
  private readonly sessions = new Map<string, State>();
  private customers = 0;
  private readonly contexts: BrowserContext[] = [];
  readonly faults: string[] = [];

  constructor(
    private readonly browser: Browser,
    readonly facts: Facts,
  ) {}

  login(name: string): Login {
    const found = this.facts.logins.find((login) => login.name === name);
    if (found === undefined) throw new Error(`${name} has no login`);
    return found;
  }

  /** A browser of its own that nobody is signed in to. */
  async stranger(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.browser.newContext({
      baseURL: this.facts.server_url,
      ...options,
    });
    this.contexts.push(context);
    const page = await context.newPage();
    await this.listen(page);
    page.on("pageerror", (error) => this.faults.push(error.message));
    page.on("console", (message) => {
      // A refused sign-in is a 401, and a journey cuts the network: the browser reports both.
      const isNetwork = /Failed to load resource|WebSocket connection|ERR_/.test(message.text());
      // Playwright's relay of listen() also writes to a socket that the server is closing. Where the
      // page itself did so, the relay would throw, and that is a pageerror.
      const isOfRelay = message.text() === "WebSocket is already in CLOSING or CLOSED state.";
      if (message.type() === "error" && !isNetwork && !isOfRelay) {
        this.faults.push(message.text());
      }
    });
    return page;
  }

  /** Stands between a page and its socket, so that it can be kept from hearing. */
  private async listen(page: Page) {
    const ears: Ears = {
      isDeaf: false,
      acks: [],
      told: 0,
      waiting: [],
      ahead: 0,
      cut: () => undefined,
    };
    this.ears.set(page, ears);
    await page.routeWebSocket(/\/api\/v1\/socket$/, (socket) => {
      const server = socket.connectToServer();
      ears.cut = () => void socket.close({ code: 3001 });
      socket.onMessage((message) => {
        const frame = JSON.parse(String(message)) as Ack & { type: string };
        if (frame.type === "ack") ears.acks.push(frame);
        server.send(message);
      });
      server.onMessage((message) => {
        const frame = JSON.parse(String(message)) as { type: string; upto?: number };
        if (frame.type === "events") ears.told = frame.upto ?? 0;
        const heard = shifted(String(message), ears.ahead);
        if (ears.isDeaf) ears.waiting.push(() => socket.send(heard));
        else socket.send(heard);
      });
    });
  }

  /** From here on a page hears nothing of its socket, though its requests are answered. */
  deafen(page: Page) {
    const ears = this.ears.get(page);
    if (ears !== undefined) ears.isDeaf = true;
  }

  /** From its next connection on a page takes the server's clock for so much further. */
  hasten(page: Page, ahead: number) {
    const ears = this.ears.get(page);
    if (ears !== undefined) ears.ahead = ahead;
  }

  /** How far a page said that it has come, oldest first. */
  acks(page: Page): Ack[] {
    return this.ears.get(page)?.acks ?? [];
  }

  /** How far a page has been told the log. */
  told(page: Page): number {
    return this.ears.get(page)?.told ?? 0;
  }

  /** Its socket is lost; with the network off it gets no other. */
  cut(page: Page) {
    this.ears.get(page)?.cut();
  }

  /** It hears again, first what it missed. */
  undeafen(page: Page) {
    const ears = this.ears.get(page);
    if (ears === undefined) return;
    ears.isDeaf = false;
    for (const tell of ears.waiting.splice(0)) tell();
  }

  /** The browser of a person, signed in, at this place. */
  async desk(name: string, options: BrowserContextOptions & { at?: string } = {}): Promise<Page> {
    const { at = "/inbox/open", ...rest } = options;
    const page = await this.stranger({ ...rest, storageState: await this.session(name) });
    await page.goto(at);
    await expect(page.getByTestId("rail-me").or(page.getByTestId("tab-me")).first()).toBeAttached();
    return page;
  }

  /** What a browser keeps of somebody who signed in; all of their pages are one device. */
  async session(name: string): Promise<State> {
    const known = this.sessions.get(name);
    if (known !== undefined) return known;
    const { workspace, email, password } = this.login(name);
    const origin = this.facts.server_url;
    const context = await this.browser.newContext({ baseURL: origin });
    const answer = await context.request.post("/api/v1/sessions?cookie=true", {
      data: { workspace, email, password, device_name: "Journey" },
    });
    expect(answer.status()).toBe(201);
    const session = (await answer.json()) as {
      device_id: string;
      agent_id: string;
      access_expires_at: string;
    };
    const { device_id, agent_id } = session;
    const expires_at = Date.parse(session.access_expires_at);
    const value = JSON.stringify({ workspace, device_id, agent_id, expires_at });
    const { cookies } = await context.storageState();
    await context.close();
    const localStorage = [{ name: "baton.session", value }];
    const state = { cookies, origins: [{ origin, localStorage }] };
    this.sessions.set(name, state);
    return state;
  }

  /** A customer whom nobody knows yet. */
  customer(name: string) {
    this.customers += 1;
    const from = { wa_id: String(34_600_100_000 + this.customers), name };
    return {
      name,
      says: (text: string) => this.control("messages", { from, text }),
      /** Anything that a customer can send. */
      sends: (inbound: object) => this.control("messages", { from, inbound }),
    };
  }

  /** A phone of theirs that is told by pushes. */
  async phone(name: string) {
    const { workspace, email, password } = this.login(name);
    const ask = async <T>(method: string, path: string, body: object, token = ""): Promise<T> => {
      const answer = await fetch(`${this.facts.server_url}/api/v1${path}`, {
        method,
        headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
        body: JSON.stringify(body),
      });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as T;
    };
    const login = { workspace, email, password, device_name: "Phone" };
    const { device_id, access_token } = await ask<{ device_id: string; access_token: string }>(
      "POST",
      "/sessions",
      login,
    );
    const target = `token-of-${device_id}`;
    const push = { lane: "fcm", target_kind: "token", target };
    await ask("PUT", `/devices/${device_id}/push`, push, access_token);
    const inbox = `${this.facts.simulator_url}/control/push/inbox/${target}`;
    return {
      pushes: async () => {
        const answer = await fetch(inbox);
        const all = (await answer.json()) as { input: { data: Record<string, string> } }[];
        return all.map(({ input }) => input.data);
      },
    };
  }

  /** What the simulator answers; `wamid` names the message that a customer sent. */
  async control(path: string, body: unknown): Promise<{ wamid: string }> {
    const response = await fetch(`${this.facts.simulator_url}/control/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`control/${path}: ${response.status}`);
    return (await response.json()) as { wamid: string };
  }

  /** Changes how the simulated WhatsApp behaves. */
  async knobs(patch: object): Promise<void> {
    const response = await fetch(`${this.facts.simulator_url}/control/knobs`, {
      method: "PATCH",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(patch),
    });
    if (!response.ok) throw new Error(`knobs: ${response.status} ${await response.text()}`);
  }

  /** Ends once Baton has taken everything that WhatsApp had to tell. */
  async quiet(): Promise<void> {
    const response = await fetch(`${this.facts.simulator_url}/control/quiesce`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ timeout_ms: 60_000 }),
    });
    if (!response.ok) throw new Error(`quiesce: ${response.status} ${await response.text()}`);
  }

  /** Texts that reached a phone. */
  async reached(): Promise<string[]> {
    const response = await fetch(`${this.facts.simulator_url}/control/reached`);
    return ((await response.json()) as unknown[]).map((one) => JSON.stringify(one));
  }

  async end() {
    for (const context of this.contexts) await context.close();
  }
}

/** A greeting of a server whose clock is further. */
function shifted(text: string, ahead: number): string {
  if (ahead === 0 || !text.includes('"welcome"')) return text;
  const frame = JSON.parse(text) as { type: string; server_time: string };
  if (frame.type !== "welcome") return text;
  const server_time = new Date(Date.parse(frame.server_time) + ahead).toISOString();
  return JSON.stringify({ ...frame, server_time });
}

export async function signIn(page: Page, login: Pick<Login, "workspace" | "email" | "password">) {
  // The form is asked for when it is needed: once it is there, it says whether it wants a workspace.
  await page.getByTestId("sign-email").fill(login.email);
  const workspace = page.getByTestId("sign-workspace");
  if (await workspace.isVisible()) await workspace.fill(login.workspace);
  await page.getByTestId("sign-password").fill(login.password);
  await page.getByTestId("sign-go").click();
  await expect(page).toHaveURL(/inbox/);
}

/** A row that has not come into a list by then does not come, ms. */
const FOUND_MS = 30_000;

/** Scrolls the list, which draws only what is in sight, until a customer's row is there. */
export async function reveal(page: Page, name: string): Promise<Locator> {
  const list = page.getByTestId("list");
  const row = list.getByText(name, { exact: true });
  await expect(async () => {
    if (!(await row.isVisible())) {
      await list.evaluate((one) => {
        const isAtEnd = one.scrollTop + one.clientHeight >= one.scrollHeight - 1;
        // At its head it takes in what is new.
        one.scrollTop = isAtEnd ? 0 : one.scrollTop + one.clientHeight;
      });
    }
    await expect(row, `in the list: ${await list.innerText()}`).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: FOUND_MS });
  return row;
}

/** Opens a customer's conversation from the list of all. */
export async function open(page: Page, name: string): Promise<string> {
  if (!/\/inbox\/open/.test(page.url())) await page.goto("/inbox/open");
  // Rows move while customers write: it may have left the list before it is pressed.
  await expect(async () => {
    await (await reveal(page, name)).click({ timeout: 2_000 });
  }).toPass({ timeout: 2 * FOUND_MS });
  await expect(page.getByTestId("timeline")).toBeVisible();
  const [, id] = /inbox\/open\/([0-9a-f-]+)/.exec(page.url()) ?? [];
  if (id === undefined) throw new Error("the address has no conversation");
  return id;
}

/** Opening a conversation puts the focus into its text; keys are commands outside of it. */
export async function leaveText(page: Page) {
  const text = page.getByTestId("composer-text");
  await expect(text).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(text).not.toBeFocused();
}

export const test = base.extend<{ world: World }>({
  world: async ({ browser }, use) => {
    const demo = await Demo.start();
    const world = new World(browser, demo.facts);
    try {
      await use(world);
    } finally {
      await world.end();
      await demo.end();
    }
    // No page may have broken, nor tried what its policy forbids.
    expect(world.faults).toEqual([]);
  },
});

/** A journey that is played where there is time, not in every test run. */
export function long(title: string, play: (args: { world: World }) => Promise<void>) {
  test(title, { tag: "@long" }, ({ world }) => play({ world }));
}
