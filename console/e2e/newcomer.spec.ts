// Somebody who has read the README and nothing else: from the first command to the first answer at a
// customer's phone, without a terminal after that command. Prints what it took.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Locator, Page } from "@playwright/test";
import { type Files, filesBefore } from "./files.ts";
import { PROGRAM, ended } from "./server.ts";
import { expect, long } from "./world.ts";

/** A program, and what it prints first. */
class Started {
  readonly said: string[] = [];
  private constructor(readonly child: ChildProcess) {}

  /** Until it has printed this. */
  static async until(
    program: string,
    args: string[],
    wanted: RegExp,
    env: object = {},
  ): Promise<Started> {
    const child = spawn(program, args, {
      stdio: ["ignore", "pipe", "ignore"],
      env: { ...process.env, ...env },
    });
    const started = new Started(child);
    await new Promise<void>((done, fail) => {
      child.once("error", fail);
      child.once("exit", (code) => fail(new Error(`${program} ended with ${code}`)));
      createInterface({ input: child.stdout }).on("line", (line) => {
        started.said.push(line);
        if (wanted.test(line)) done();
      });
    });
    return started;
  }

  /** What it printed behind some words. */
  after(pattern: RegExp): string {
    return pattern.exec(this.said.join("\n"))?.[1] ?? "";
  }
}

/** A hand and an eye, which are counted. */
class Newcomer {
  private clicks = 0;
  private letters = 0;
  private readonly pages = new Set<string>();
  private readonly begun = Date.now();

  constructor(readonly page: Page) {
    page.on("framenavigated", (frame) => {
      const { origin, pathname } = new URL(frame.url());
      if (frame === page.mainFrame() && origin !== "null")
        this.pages.add(pathname.replace(/[0-9a-f-]{36}/g, "…"));
    });
  }

  async click(on: Locator) {
    this.clicks += 1;
    await on.click();
  }

  async write(into: Locator, text: string) {
    await this.click(into);
    this.letters += text.length;
    await this.page.keyboard.type(text);
  }

  figures() {
    const seconds = Math.round((Date.now() - this.begun) / 1_000);
    return { seconds, clicks: this.clicks, letters: this.letters, pages: [...this.pages] };
  }
}

async function enter(one: Newcomer, url: string, shop: Started) {
  const [, workspace = "", email = "", password = ""] =
    /workspace (\S+), (\S+), password (\S+)/.exec(shop.said.join("\n")) ?? [];
  const { page } = one;
  await page.goto(url);
  // The first workspace is filled in.
  await expect(page.getByTestId("sign-workspace")).toHaveValue(workspace);
  await one.write(page.getByTestId("sign-email"), email);
  await one.write(page.getByTestId("sign-password"), password);
  await one.click(page.getByTestId("sign-go"));
}

/** `baton serve`, as the README says it. */
async function served(
  play: (shop: Started, url: string) => Promise<void>,
  args: string[],
  env: object = {},
) {
  const data = mkdtempSync(join(tmpdir(), "baton-newcomer-"));
  let files: Files | undefined;
  const shop = await Started.until(
    PROGRAM,
    ["serve", ...args, "--data", data, "--bind", "127.0.0.1:0"],
    /The first admin/,
    env,
  );
  try {
    const url = shop.after(/Baton is ready at (\S+)/);
    files = await filesBefore(url);
    await play(shop, files?.url ?? url);
  } finally {
    await files?.end();
    await ended(shop.child, "SIGTERM");
    rmSync(data, { recursive: true, force: true });
  }
}

long("who only tries it has answered a customer before a minute is over", async ({ world }) => {
  await served(
    async (shop, url) => {
      const page = await world.stranger({ baseURL: url });
      const one = new Newcomer(page);
      await enter(one, url, shop);
      // Who waits stands in the first list that is shown.
      await one.click(page.getByRole("article", { name: /Lucía Ortega/ }));
      await one.write(page.getByTestId("composer-text"), "Yes, come in.");
      await one.click(page.getByTestId("send"));
      await expect(page.getByTestId("line-status")).toHaveAttribute("data-status", "delivered");
      const figures = one.figures();
      console.log("tried with the simulator:", JSON.stringify(figures));
      // As customer on the other page.
      const phone = await world.stranger();
      await phone.goto(shop.after(/you play its customers at (\S+)/));
      const lucia = phone.getByTestId("phone-Lucía Ortega");
      await expect(lucia).toContainText("Yes, come in.");
      await lucia.getByRole("textbox").fill("On my way");
      await lucia.getByRole("textbox").press("Enter");
      await expect(page.getByTestId("timeline")).toContainText("On my way");
      expect(figures.clicks).toBeLessThanOrEqual(6);
      expect(figures.seconds).toBeLessThan(60);
    },
    ["--try"],
  );
});

const NUMBER = "106540352242922";

long(
  "a number is connected, and its first customer answered, in the browser alone",
  async ({ world }) => {
    const meta = await Started.until(
      join(dirname(PROGRAM), "baton-simulator"),
      ["--bind", "127.0.0.1:0"],
      /http:/,
    );
    const graph = meta.after(/(http:\/\/[\w.:]+)/);
    const told = async (method: string, path: string, body: object) => {
      const answer = await fetch(`${graph}/control/${path}`, {
        method,
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      expect(answer.ok, `${path}: ${await answer.clone().text()}`).toBe(true);
    };
    try {
      await served(
        async (shop, url) => {
          const page = await world.stranger({
            baseURL: url,
            permissions: ["clipboard-read", "clipboard-write"],
          });
          const one = new Newcomer(page);
          const copied = () => page.evaluate(() => navigator.clipboard.readText());
          await enter(one, url, shop);
          await one.click(page.getByRole("link", { name: "Set up" }));
          const step = page.getByTestId("firstrun-step-1");
          await one.write(step.getByLabel("App ID"), "670000000000001");
          await one.write(step.getByLabel("App secret"), "simulator-app-secret");
          await one.click(step.getByTestId("meta-app-add"));
          await one.click(step.getByRole("button", { name: /Copy, Callback/ }));
          const webhook = await copied();
          await one.click(step.getByRole("button", { name: /Copy, Verify/ }));
          expect(await copied()).toBe(await step.getByTestId("verify-token").innerText());
          // What a person does at Meta: the address and the token are given, and proved.
          await told("PUT", "webhook-url", { url: webhook });
          await one.click(page.getByTestId("add-number"));
          const form = page.getByRole("dialog");
          await one.write(form.getByLabel("Name", { exact: true }), "Support");
          await one.write(form.getByLabel("Number at Meta"), NUMBER);
          await one.write(form.getByLabel("Number as people write it"), "+1 555 078 3881");
          await one.write(form.getByLabel("Access token"), "simulator-access-token");
          await one.click(form.getByRole("button", { name: "Connect a number" }));
          await expect(step).toContainText("Support is connected.");
          await told("POST", "messages", {
            from: { wa_id: "34600777888", name: "Olga Ruiz" },
            text: "Are you open?",
          });
          await expect(page.getByTestId("firstrun-step-3")).toContainText(
            "A customer has written.",
          );
          await one.click(page.getByTestId("firstrun-inbox"));
          await one.click(page.getByRole("article", { name: /Olga Ruiz/ }));
          await one.write(page.getByTestId("composer-text"), "Until eight.");
          await one.click(page.getByTestId("send"));
          await expect(page.getByTestId("line-status")).toHaveAttribute(
            "data-status",
            /delivered|read/,
          );
          const figures = one.figures();
          console.log("connected to a stand-in of Meta:", JSON.stringify(figures));
          const reached = await fetch(`${graph}/control/reached`);
          expect(JSON.stringify(await reached.json())).toContain("Until eight.");
          expect(figures.clicks).toBeLessThanOrEqual(24);
          expect(figures.seconds).toBeLessThan(180);
        },
        [],
        { BATON_WHATSAPP__GRAPH_URL: graph },
      );
    } finally {
      await ended(meta.child, "SIGTERM");
    }
  },
);
