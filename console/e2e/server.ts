// Starts `baton demo` on a free port and signs everybody in once.
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

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

export default async function start(): Promise<() => Promise<void>> {
  mkdirSync(OUT, { recursive: true });
  // A demo that runs already: what `baton demo --json` printed.
  const running = process.env["BATON_FACTS"];
  if (running !== undefined) {
    copyFileSync(running, join(OUT, "facts.json"));
    return async () => undefined;
  }
  const child = spawn(PROGRAM, ["demo", "--json", "--bind", "127.0.0.1:0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<never>((_, fail) => {
    child.once("error", fail);
    child.once("exit", (code) => fail(new Error(`baton demo ended with ${code}`)));
  });
  const first = new Promise<string>((done) => {
    createInterface({ input: child.stdout }).once("line", done);
  });
  const facts = JSON.parse(await Promise.race([first, ended])) as Facts;
  ended.catch(() => undefined);
  writeFileSync(join(OUT, "facts.json"), JSON.stringify(facts));
  return async () => {
    child.kill("SIGTERM");
    await ended.catch(() => undefined);
  };
}
