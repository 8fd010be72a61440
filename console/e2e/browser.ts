// A browser of a journey's own, with a profile on the disk, that can be killed as a machine that
// loses its power kills it, and opened again.
import { type Browser, type Page, chromium } from "@playwright/test";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const PROGRAM = process.env["BATON_CHROMIUM"] ?? "/usr/bin/chromium";
const FLAGS = [
  "--headless",
  "--remote-debugging-port=0",
  "--no-first-run",
  "--no-default-browser-check",
  "--disable-background-networking",
  "--disable-gpu",
  "--lang=en-GB",
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
];

export class Profile {
  private readonly folder = mkdtempSync(join(tmpdir(), "baton-browser-"));
  private child: ChildProcess | undefined;
  private browser: Browser | undefined;

  /** Opens it, and a page at this address. */
  async open(address: string): Promise<Page> {
    const child = spawn(PROGRAM, [...FLAGS, `--user-data-dir=${this.folder}`, "about:blank"], {
      stdio: ["ignore", "ignore", "pipe"],
      // A group of its own: all of it is killed at once.
      detached: true,
    });
    this.child = child;
    const at = await new Promise<string>((done, fail) => {
      child.once("exit", (code) => fail(new Error(`the browser ended with ${code}`)));
      createInterface({ input: child.stderr }).on("line", (line) => {
        const [, found] = /DevTools listening on (\S+)/.exec(line) ?? [];
        if (found !== undefined) done(found);
      });
    });
    this.browser = await chromium.connectOverCDP(at);
    const [context] = this.browser.contexts();
    if (context === undefined) throw new Error("the browser has no profile");
    const page = await context.newPage();
    await page.goto(address);
    return page;
  }

  /** Ends it as a person does: it writes what it has. */
  async close() {
    const session = await this.browser?.newBrowserCDPSession();
    await this.gone(() => void session?.send("Browser.close").catch(() => undefined));
  }

  /** Ends it without a word, with all of its processes. */
  async kill() {
    await this.gone(({ pid }) => pid !== undefined && process.kill(-pid, "SIGKILL"));
  }

  async end() {
    if (this.child !== undefined) await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async gone(finish: (child: ChildProcess) => void) {
    const { child } = this;
    if (child === undefined) return;
    const gone = new Promise((done) => child.once("exit", done));
    finish(child);
    await gone;
    await this.browser?.close().catch(() => undefined);
    this.child = this.browser = undefined;
  }
}
