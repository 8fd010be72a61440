// Whatever the server refuses, people read words of their own language, and none of the server's.
// @vitest-environment node
import { readFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { failureOf } from "./inbox/failure.ts";
import { whyRefused } from "./inbox/refusals.ts";
import { Fault } from "./live/api.ts";
import type { Desk } from "./live/session.svelte.ts";
import { LANGUAGES, type Language, words } from "./messages/index.svelte.ts";
import type { Refused } from "./protocol.ts";
import { faultText } from "./settings/fault.ts";

const SERVER = "as only the server would say it";
const of = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
/** What a test tells of a page that it has none of. */
const root = { lang: "", dir: "" };
Object.assign(globalThis, { document: { documentElement: root } });
afterAll(() => Reflect.deleteProperty(globalThis, "document"));

const problems = [
  ...of("server/src/http/description/problems.rs").matchAll(
    /^\s*\(?\s*"([a-z_]+)",(?:\s+\d{3},|$)/gm,
  ),
].map(([, code]) => code ?? "");
const refusals = [...of("protocol/src/refusal.rs").matchAll(/=> "([a-z_]+)",/g)].map(
  ([, code]) => code ?? "",
);
const failures = [
  ...of("server/src/whatsapp/errors/table.rs").matchAll(/^ {4}([\d_]+): \w+, proves/gm),
].map(([, code]) => Number(code?.replaceAll("_", "")));

const nobody = { id: "1", kind: "agent" } as const;
const desk = {
  who: { agent_id: "2" },
  agentName: () => "Ben",
  teamName: () => "Desk",
  get: () => undefined,
} as unknown as Desk;
const refused = (code: string) => {
  const facts = {
    owner: nobody,
    holder: "1",
    agent_id: "1",
    load: 1,
    capacity: 1,
    closed_at: null,
    name: "order",
    field: "details.x",
  };
  return { code, ...facts, detail: SERVER } as unknown as Refused;
};
const fault = (code: string) =>
  new Fault({
    type: "about:blank",
    status: 400,
    code,
    title: SERVER,
    detail: `pace_per_s: ${SERVER}`,
  });

for (const language of Object.keys(LANGUAGES) as Language[]) {
  test(`every refusal is told in ${LANGUAGES[language]}`, async () => {
    expect(problems.length).toBeGreaterThan(30);
    expect(refusals.length).toBeGreaterThan(20);
    expect(failures.length).toBeGreaterThan(50);
    await words.use(language);
    const { faults } = words.t;
    const told = [
      ...problems.map((code) => [code, faultText(fault(code))] as const),
      ...refusals.map((code) => [code, whyRefused(desk, refused(code), "1")] as const),
      ...failures.map((code) => [String(code), faults.failure[failureOf(code)]] as const),
    ];
    for (const [code, text] of told) {
      expect(text, code).not.toContain(SERVER);
      expect(text.length, code).toBeGreaterThan(5);
      // A code that a later server adds is all that a code may be said of.
      if (code !== "unknown") expect(text, code).not.toContain(`(${code})`);
    }
    for (const code of failures) expect(failureOf(code), String(code)).not.toBe("other");
    expect(faultText(fault("of_tomorrow"))).toContain("of_tomorrow");
  });
}

test("a field is called as people call it", async () => {
  await words.use("es");
  expect(faultText(fault("invalid"))).toBe(
    "No se hizo: el servidor no acepta esto: número de mensajes.",
  );
  await words.use("en");
  expect(
    whyRefused(desk, { ...refused("invalid"), field: "details.link" } as Refused, "1"),
  ).toContain("address");
});
