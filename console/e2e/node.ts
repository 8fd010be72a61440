// A server of its own, that can be killed and comes back on the same data: `baton serve`, set up with
// `baton admin` and spoken to as Meta speaks.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Files, filesBefore } from "./files.ts";
import { PROGRAM, ended } from "./server.ts";

const APP = "670000000000009";
const SECRET = "a-secret-of-this-test";
const NUMBER = "106540352242999";
export const PASSWORD = "baton-journey-2026";

export class Node {
  private isKept = false;
  private settings: Record<string, string> = {};
  private readonly args: string[] = [];
  private child: ChildProcess | undefined;
  private files: Files | undefined;
  /** Where its pages are. */
  url = "";
  private server = "";
  private port = 0;

  private constructor(readonly data: string) {}

  /**
   * Sets an installation up: a workspace with its admin, and a number if one is wanted. What was set
   * up in `data` before is used again.
   */
  static async start({
    number,
    data,
    settings = {},
    tries = false,
  }: {
    number: boolean;
    /** With a number for practice. */
    tries?: boolean;
    data?: string;
    /** Of its configuration, as variables. */
    settings?: Record<string, string>;
  }): Promise<Node> {
    const node = new Node(data ?? mkdtempSync(join(tmpdir(), "baton-journey-")));
    node.isKept = data !== undefined;
    node.settings = settings;
    if (tries) node.args.push("--try");
    node.port = await freePort();
    node.server = `http://127.0.0.1:${node.port}`;
    node.files = await filesBefore(node.server);
    node.url = node.files?.url ?? node.server;
    if (!existsSync(join(node.data, "password.txt"))) {
      const password = node.file("password", PASSWORD);
      node.admin(
        "workspace",
        "add",
        "--slug",
        "shop",
        "--name",
        "Shop",
        "--admin-email",
        "ines@shop.example",
        "--password-file",
        password,
      );
      if (number) node.connect();
    }
    await node.up();
    return node;
  }

  /** Connects its number. */
  connect() {
    const secret = this.file("secret", SECRET);
    this.admin("meta-app", "add", "--id", APP, "--app-secret-file", secret);
    this.channel("Support", NUMBER);
  }

  /** One more number of the same app. */
  channel(name: string, number: string) {
    this.admin(
      "channel",
      "add",
      "--no-check",
      "--workspace",
      "shop",
      "--name",
      name,
      "--meta-app",
      APP,
      "--phone-number-id",
      number,
      "--display-number",
      "+34 600 000 000",
      "--access-token-file",
      this.file("token", "a-token-of-this-test"),
    );
  }

  private file(name: string, content: string): string {
    const path = join(this.data, `${name}.txt`);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  }

  admin(...args: string[]) {
    execFileSync(PROGRAM, ["admin", "--data", this.data, ...args], { stdio: "pipe" });
  }

  /** Starts it, again if need be; it answers from here on. */
  async up() {
    const args = ["serve", "--data", this.data, "--bind", `127.0.0.1:${this.port}`, ...this.args];
    const child = spawn(PROGRAM, args, {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, ...this.settings },
    });
    const said: string[] = [];
    createInterface({ input: child.stderr }).on("line", (line) => said.push(line));
    this.child = child;
    for (const end = Date.now() + 30_000; ;) {
      const ready = await fetch(`${this.server}/readyz`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (ready) return;
      if (Date.now() > end || child.exitCode !== null) throw new Error(said.slice(-5).join("\n"));
      await new Promise((done) => setTimeout(done, 100));
    }
  }

  /** Ends it without a word. */
  async kill() {
    if (this.child !== undefined) await ended(this.child, "SIGKILL");
  }

  async customerSays(name: string, text: string, number = NUMBER) {
    await this.customersSay([{ name, from: "34600777888", text }], number);
  }

  /** What several customers write, in one webhook. */
  async customersSay(
    all: { name: string; from: string; text: string; at?: number }[],
    number = NUMBER,
  ) {
    const value = {
      messaging_product: "whatsapp",
      metadata: { display_phone_number: "34600000000", phone_number_id: number },
      contacts: all.map(({ name, from }) => ({ profile: { name }, wa_id: from })),
      messages: all.map(({ from, text, at = Date.now() }) => ({
        from,
        id: `wamid.${randomUUID()}`,
        timestamp: String(Math.floor(at / 1000)),
        type: "text",
        text: { body: text },
      })),
    };
    const entry = [{ id: "1", changes: [{ field: "messages", value }] }];
    const body = JSON.stringify({ object: "whatsapp_business_account", entry });
    const signature = createHmac("sha256", SECRET).update(body).digest("hex");
    for (;;) {
      const answer = await fetch(`${this.server}/webhooks/whatsapp/${APP}`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-hub-signature-256": `sha256=${signature}`,
        },
        body,
      });
      if (answer.ok) return;
      // Meta comes again as well, when a server has no room for now.
      if (answer.status !== 503) throw new Error(`the webhook was answered ${answer.status}`);
      await new Promise((next) => setTimeout(next, 200));
    }
  }

  async end() {
    await this.files?.end();
    await this.kill();
    if (!this.isKept) rmSync(this.data, { recursive: true, force: true });
  }
}

/** A port that is free, and that no connection of this machine takes while its server is down. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const isFree = await new Promise<boolean>((done) => {
      const probe = createServer();
      probe.once("error", () => done(false));
      probe.listen(port, "127.0.0.1", () => probe.close(() => done(true)));
    });
    if (isFree) return port;
  }
}
