// The console at 100,000 conversations: measured in a real Chromium, printed, judged by a person.
// Only where it is asked for: BATON_LARGE says how many conversations there are. With
// BATON_LARGE_DATA the server's data stay in that folder and are used again.
import type { CDPSession, Page } from "@playwright/test";
import type { ConversationPage } from "../src/wire.ts";
import { opId } from "../src/live/outbox.ts";
import { Node, PASSWORD } from "./node.ts";
import { expect, signIn, test } from "./world.ts";

const COUNT = Number(process.env["BATON_LARGE"] ?? 0);
const DATA = process.env["BATON_LARGE_DATA"];
/** Messages of a webhook, and webhooks at once. */
const BATCH = 100;
const POSTERS = 3;
/** Seconds that are scrolled, and pixels of a frame. */
const SCROLL_S = 5;
const SCROLL_PX = 90;
/** Conversations that get a tag. */
const TAGGED = 500;

const customer = (n: number) => ({
  name: `Customer ${n}`,
  from: String(34_700_000_000 + n),
  text: `Hola, ¿está listo el pedido ${n}?`,
});

async function fill(node: Node) {
  let next = 0;
  const post = async () => {
    while (next < COUNT) {
      const from = next;
      next += BATCH;
      const all = Array.from({ length: Math.min(BATCH, COUNT - from) }, (_, n) =>
        customer(from + n),
      );
      await node.customersSay(all);
    }
  };
  await Promise.all(Array.from({ length: POSTERS }, post));
}

const inMs = (value: number) => `${value.toFixed(1)} ms`;
const tell = (what: string, figure: string) => console.log(`${what.padEnd(52)} ${figure}`);
function at(all: number[], part: number): number {
  const sorted = [...all].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

/** Gaps between animation frames while something goes on, ms. */
const frames = (page: Page, seconds: number, px: number) =>
  page.evaluate(
    ([seconds, px]) =>
      new Promise<number[]>((done) => {
        const list = document.querySelector("[data-testid=list]");
        const gaps: number[] = [];
        const start = performance.now();
        let last = start;
        const frame = (now: number) => {
          gaps.push(now - last);
          last = now;
          if (list !== null) list.scrollTop += px;
          if (now - start < seconds * 1_000) requestAnimationFrame(frame);
          else done(gaps.slice(1));
        };
        requestAnimationFrame(frame);
      }),
    [seconds, px] as const,
  );

function tellFrames(what: string, gaps: number[]) {
  const sum = gaps.reduce((a, b) => a + b, 0);
  tell(`${what}: frames a second`, (gaps.length / (sum / 1_000)).toFixed(1));
  tell(
    `${what}: gap p50, p99, longest`,
    [at(gaps, 0.5), at(gaps, 0.99), at(gaps, 1)].map(inMs).join(", "),
  );
  tell(`${what}: frames over 32 ms`, `${gaps.filter((gap) => gap > 32).length} of ${gaps.length}`);
}

/** From the press to the frame after the one that draws another view. */
async function press(page: Page, testid: string): Promise<number> {
  return page.evaluate(
    (testid) =>
      new Promise<number>((done) => {
        const link = document.querySelector<HTMLElement>(`[data-testid="${testid}"]`);
        const start = performance.now();
        link?.click();
        requestAnimationFrame(() => {
          const channel = new MessageChannel();
          channel.port1.onmessage = () => done(performance.now() - start);
          channel.port2.postMessage(undefined);
        });
      }),
    testid,
  );
}

async function heap(session: CDPSession): Promise<string> {
  await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  const bytes = metrics.find(({ name }) => name === "JSHeapUsedSize")?.value ?? 0;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Makes a tag, and puts it on the newest conversations. */
async function tagged(page: Page): Promise<string> {
  const fresh = () => opId(Date.now(), crypto.getRandomValues(new Uint8Array(16)));
  const tag = fresh();
  const headers = { origin: new URL(page.url()).origin };
  const made = await page.request.put(`/api/v1/tags/${tag}`, {
    headers: { ...headers, "if-none-match": "*" },
    data: { home: { kind: "workspace" }, body: { name: `Refund ${tag.slice(-8)}` } },
  });
  expect(made.status(), await made.text()).toBeLessThan(300);
  const ids: string[] = [];
  for (let more = ""; ids.length < TAGGED;) {
    const answer = await page.request.get(`/api/v1/conversations?limit=200${more}`);
    const { conversations, next } = (await answer.json()) as ConversationPage;
    ids.push(
      ...conversations.map((row) => (row.level === "full" ? row.view.head.id : row.head.id)),
    );
    if (next === undefined) break;
    more = `&page=${next}`;
  }
  for (const id of ids.slice(0, TAGGED)) {
    const answer = await page.request.post("/api/v1/commands", {
      headers,
      data: [{ op_id: fresh(), conversation_id: id, type: "tag", add: [tag] }],
    });
    expect(answer.status(), await answer.text()).toBe(200);
  }
  return tag;
}

(COUNT > 0 ? test : test.skip)("large", async ({ world }) => {
  test.setTimeout(3_600_000);
  const node = await Node.start({ number: true, ...(DATA === undefined ? {} : { data: DATA }) });
  try {
    const page = await world.stranger({ baseURL: node.url });
    await page.goto(`${node.url}/`);
    await signIn(page, { workspace: "shop", email: "ines@shop.example", password: PASSWORD });
    const isFilled = await page.evaluate(async () => {
      const answer = await fetch("/api/v1/conversations?limit=1");
      return ((await answer.json()) as { conversations: unknown[] }).conversations.length > 0;
    });
    const began = Date.now();
    if (!isFilled) {
      await page.goto("about:blank");
      await fill(node);
      tell(`${COUNT} conversations came in`, `${((Date.now() - began) / 1_000).toFixed(1)} s`);
    }
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable");

    // What this machine draws by itself, with nothing to do.
    await page.goto(`${node.url}/icon.svg`);
    tellFrames("an empty page", await frames(page, SCROLL_S, 0));

    const start = Date.now();
    let requests = 0;
    let bytes = 0;
    page.on("response", (response) => {
      if (!/\/api\/v1\/(conversations|heads)/.test(response.url())) return;
      requests += 1;
      void response.body().then(
        (body) => (bytes += body.length),
        () => undefined,
      );
    });
    await page.goto(`${node.url}/inbox/open`);
    const list = page.getByTestId("list");
    await expect(list.getByRole("article").first()).toBeVisible();
    tell("until the first rows", `${Date.now() - start} ms`);
    tell("while the rest is read", "");
    tellFrames("  scrolling", await frames(page, SCROLL_S, SCROLL_PX));
    await expect(list).toHaveAttribute("aria-busy", "false", { timeout: 900_000 });
    tell(
      "until all rows",
      `${Date.now() - start} ms, ${requests} requests, ${(bytes / 1e6).toFixed(1)} MB`,
    );
    tell("heap", await heap(session));

    await list.evaluate((one) => (one.scrollTop = 0));
    await page.waitForTimeout(1_000);
    const rows = await list.getByRole("article").first().getAttribute("aria-setsize");
    tell("rows of the list", rows ?? "?");
    tellFrames("scrolling", await frames(page, SCROLL_S, SCROLL_PX));
    await list.evaluate((one) => (one.scrollTop = one.scrollHeight / 2));
    tellFrames("scrolling from the middle", await frames(page, SCROLL_S, SCROLL_PX));

    const presses: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      for (const view of ["view-mine", "view-late", "view-open"])
        presses.push(await press(page, view));
    }
    tell("another view, p50, longest", [at(presses, 0.5), at(presses, 1)].map(inMs).join(", "));
    const opened: number[] = [];
    for (let n = 1; n <= 5; n += 1) {
      opened.push(
        await press(
          page,
          `row-${await list.locator("[data-row]").nth(n).getAttribute("data-row")}`,
        ),
      );
    }
    tell("a row is opened, p50, longest", [at(opened, 0.5), at(opened, 1)].map(inMs).join(", "));

    const tag = await tagged(page);
    const shown: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      await press(page, "view-open");
      shown.push(await press(page, `view-tag-${tag}`));
    }
    await expect(list.getByRole("article").first()).toHaveAttribute("aria-setsize", String(TAGGED));
    tell(
      `the view of a tag on ${TAGGED}, p50, longest`,
      [at(shown, 0.5), at(shown, 1)].map(inMs).join(", "),
    );
    const searched = await page.evaluate(async (tag) => {
      const times: number[] = [];
      for (let n = 0; n < 20; n += 1) {
        const start = performance.now();
        const answer = await fetch(`/api/v1/search?q=pedido+${n}&tag=${tag}`);
        await answer.json();
        times.push(performance.now() - start);
      }
      return times;
    }, tag);
    tell(
      "a search with the tag, p50, longest",
      [at(searched, 0.5), at(searched, 1)].map(inMs).join(", "),
    );
    await press(page, "view-open");

    await page.keyboard.press("Control+k");
    const typed: number[] = [];
    for (const letter of "customer 99") {
      typed.push(
        await page.getByTestId("palette-input").evaluate((input, letter) => {
          const field = input as HTMLInputElement;
          const start = performance.now();
          field.value += letter;
          field.dispatchEvent(new InputEvent("input", { bubbles: true }));
          return new Promise<number>((done) => {
            requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
          });
        }, letter),
      );
    }
    tell(
      "a letter in the palette, p50, longest",
      [at(typed, 0.5), at(typed, 1)].map(inMs).join(", "),
    );
    await page.keyboard.press("Escape");

    let isOver = false;
    const writing = (async () => {
      for (let n = 0; !isOver; n += 1) {
        await node.customersSay([{ ...customer(n * 7), text: `¿Hola? ${n}` }]);
        await new Promise((next) => setTimeout(next, 100));
      }
    })();
    tellFrames("scrolling while customers write", await frames(page, SCROLL_S, SCROLL_PX));
    isOver = true;
    await writing;
    tell("heap at the end", await heap(session));
  } finally {
    await node.end();
  }
});
