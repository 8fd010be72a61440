import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Attached } from "./attached.svelte.ts";

const [A, B] = ["a", "b"];
const file = (name: string) => new File(["%PDF-1.4"], name, { type: "application/pdf" });
let asked: string[];
let began: (() => void)[];

/** A server that takes any file, and answers the beginning of an upload when it is told to. */
async function answer(address: string, { method }: { method: string }): Promise<Response> {
  asked.push(`${method} ${address.replace("/api/v1", "").replace(/\?.*/, "")}`);
  if (method === "DELETE")
    return new Response(JSON.stringify({ code: "not_found" }), { status: 405 });
  if (method === "POST") await new Promise<void>((done) => began.push(done));
  return Response.json({
    id: "u1",
    bytes: 8,
    received: method === "POST" ? 0 : 8,
    state: method === "POST" ? "receiving" : "ready",
  });
}

beforeEach(() => {
  [asked, began] = [[], []];
  vi.stubGlobal("fetch", answer);
});
afterEach(() => vi.unstubAllGlobals());

test("files stay with their draft, each with its own, until they were sent", async () => {
  const attached = new Attached();
  attached.add(A, file("la factura.pdf"), "document");
  expect(attached.of(B)).toEqual([]);
  await vi.waitFor(() => expect(began).toHaveLength(1));
  began[0]?.();
  await vi.waitFor(() => expect(attached.of(A).map(({ state }) => state)).toEqual(["ready"]));
  attached.sent(A);
  expect(attached.of(A)).toEqual([]);
  expect(asked).not.toContain("DELETE /uploads/u1");
});

test("a file that is taken off ends its upload at the server, also one that just begins", async () => {
  const attached = new Attached();
  attached.add(A, file("a.pdf"), "document");
  await vi.waitFor(() => expect(began).toHaveLength(1));
  const [upload] = attached.of(A);
  if (upload === undefined) throw new Error("nothing is attached");
  attached.remove(A, upload);
  expect(attached.of(A)).toEqual([]);
  expect(asked).toEqual(["POST /conversations/a/uploads"]);
  began[0]?.();
  await vi.waitFor(() =>
    expect(asked).toEqual(["POST /conversations/a/uploads", "DELETE /uploads/u1"]),
  );

  attached.add(B, file("b.pdf"), "document");
  await vi.waitFor(() => expect(began).toHaveLength(2));
  began[1]?.();
  await vi.waitFor(() => expect(attached.of(B)[0]?.state).toBe("ready"));
  // A server that knows no such request changes nothing.
  await attached.giveUp();
  expect(asked.filter((one) => one.startsWith("DELETE"))).toHaveLength(2);
});
