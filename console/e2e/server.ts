// A server of a journey's own: `baton demo` on free ports, with its team and simulated WhatsApp.
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Files, filesBefore } from "./files.ts";

export const OUT = join(import.meta.dirname, ".out");
export const PROGRAM =
  process.env["BATON_BIN"] ?? join(import.meta.dirname, "../../target/debug/baton");

export interface Login {
  workspace: string;
  name: string;
  role: string;
  email: string;
  password: string;
  agent_id: string;
}
export interface Facts {
  server_url: string;
  simulator_url: string;
  logins: Login[];
}

export class Demo {
  private constructor(
    readonly facts: Facts,
    private readonly child: ChildProcess,
    private readonly files: Files | undefined,
  ) {}

  /** Starts one; `more` are settings besides, as variables. */
  static async start(more: Record<string, string> = {}): Promise<Demo> {
    const args = ["demo", "--json", "--bind", "127.0.0.1:0", "--log-level", "error"];
    const child = spawn(PROGRAM, args, {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...more },
    });
    const line = await new Promise<string>((done, fail) => {
      child.once("error", fail);
      child.once("exit", (code) => fail(new Error(`baton demo ended with ${code}`)));
      createInterface({ input: child.stdout }).once("line", done);
    });
    const facts = JSON.parse(line) as Facts;
    const files = await filesBefore(facts.server_url);
    return new Demo({ ...facts, server_url: files?.url ?? facts.server_url }, child, files);
  }

  async end() {
    await this.files?.end();
    await ended(this.child, "SIGTERM");
  }
}

/** Ends a program and waits until it is gone. */
export async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once("exit", done));
  child.kill(signal);
  await gone;
}
