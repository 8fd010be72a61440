// Every page and dialog in each language: by eye at four sizes, in both themes, and by ear.
import type { Page } from "@playwright/test";
import { cut, faults, spilt } from "./looks.ts";
import { type Seeded, seeded } from "./seeded.ts";
import { type Language, leftInEnglish } from "./sentences.ts";
import { join } from "node:path";
import { OUT } from "./server.ts";
import { type World, expect, long, test } from "./world.ts";

/** A phone, a desk at 200 %, a tablet and a desk. */
const SIZES = [
  { name: "phone", width: 360, height: 780, theme: "light" },
  { name: "zoomed", width: 720, height: 450, theme: "dark" },
  { name: "tablet", width: 820, height: 1180, theme: "light" },
  { name: "desktop", width: 1440, height: 900, theme: "dark" },
] as const;
const isPictured = process.env["BATON_PICTURES"] !== undefined;

/** What a screen reader would read, a thing on each line. */
async function heard(page: Page): Promise<string[]> {
  return (await page.locator("body").ariaSnapshot()).split("\n");
}

/** A thing, its name, how it stands, and the text in it: `- button "Send" [disabled]: …`. */
const SPOKEN = /^\s*- '?([a-z]+)(?: "((?:[^"\\]|\\.)*)")?(?: \[[^\]]*\])*'?:?(?: (.*))?$/;

/** Things without a name, names of the program, and sentences of another language. */
function strange(lines: string[], english: ReadonlySet<string>): string[] {
  return lines.filter((line) => {
    // Addresses, blanks, and the templates of the simulator are no sentences.
    if (/- \/(url|placeholder):|\{\{|hello_world/.test(line)) return false;
    const [, role = "", name, text] = SPOKEN.exec(line) ?? [];
    const isPressed =
      /^(button|link|textbox|combobox|checkbox|switch|slider|searchbox|radio|tab|option)$/.test(
        role,
      );
    if (isPressed && (name ?? "") === "" && (text ?? "") === "") return true;
    const said = line.replaceAll("...", "…").replace(/https?:\S+/g, "");
    // Nothing, two full stops, and names of fields.
    if (/\b(undefined|null|NaN)\b|\[object|\.\.|\b[a-z]+_[a-z_]+\b/.test(said)) return true;
    return [name, text].some((one) => one !== undefined && english.has(one));
  });
}

/** Rows and lines that do not say by themselves who, what and when. */
function mute(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("article, [data-testid^=line-][role=group]")]
      .filter((one) => one.checkVisibility())
      .filter((one) => {
        const said = one.getAttribute("aria-label") ?? "";
        const isLine = one.getAttribute("role") === "group";
        return !(isLine ? /^.+: .+[,،] \d\d?:\d\d/s : /^.+[,،] .+/s).test(said);
      })
      .map((one) => `${one.dataset["testid"] ?? one.tagName} "${one.getAttribute("aria-label")}"`),
  );
}

class Walk {
  private english: ReadonlySet<string> = new Set();
  readonly found: string[] = [];
  readonly done: string[] = [];

  constructor(
    private readonly world: World,
    private readonly language: Language,
  ) {}

  async desk(name: string): Promise<Page> {
    const english = await leftInEnglish(this.language);
    // Some are called as things are in English.
    for (const { name: one } of this.world.facts.logins) english.delete(one);
    this.english = english;
    const page = await this.world.desk(name, { bypassCSP: true });
    await page.evaluate((of) => localStorage.setItem("baton.language", of), this.language);
    return page;
  }

  /** A browser that nobody is signed in to. */
  async stranger(): Promise<Page> {
    const page = await this.world.stranger({ bypassCSP: true });
    await page.goto("/sign-in");
    await page.evaluate((of) => localStorage.setItem("baton.language", of), this.language);
    return page;
  }

  private say(what: string, found: string[]) {
    for (const one of found) {
      this.found.push(`${what}: ${one}`);
      console.log(this.found.at(-1));
    }
  }

  /** What is open now. */
  async at(page: Page, name: string, within?: string) {
    const what = `${name} in ${this.language}`;
    this.done.push(name);
    for (const { name: size, width, height, theme } of SIZES) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme: theme });
      await page.evaluate(
        () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
      );
      if (isPictured) {
        await page.screenshot({ path: join(OUT, "walk", this.language, `${name}-${size}.png`) });
      }
      this.say(`${what}, cut off at ${size}`, await cut(page));
      this.say(`${what}, spilt at ${size}`, await spilt(page));
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      this.say(`${what}, too wide at ${size}`, wide > 0 ? [`${wide} px`] : []);
      // Colours are the same in both sizes of a theme.
      if (size !== "tablet")
        this.say(`${what}, ${size}`, await faults(page, { isColoured: size !== "zoomed", within }));
      if (size === "phone" || size === "desktop") {
        this.say(`${what}, not read by itself at ${size}`, await mute(page));
        this.say(`${what}, as it is read at ${size}`, strange(await heard(page), this.english));
      }
    }
  }

  async page(page: Page, at: string, shown: string) {
    await page.goto(at);
    await expect(page.locator("html")).toHaveAttribute("lang", this.language);
    await expect(page.getByTestId(shown).or(page.locator(shown)).first()).toBeVisible();
    await page.waitForLoadState("networkidle");
    await this.at(
      page,
      at
        .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "id")
        .replace(/^\//, "")
        .replace(/\W+/g, "-"),
    );
  }

  /** Something that is opened over the page, and closed again. */
  async over(page: Page, name: string, open: () => Promise<unknown>) {
    await page.setViewportSize({ width: 1440, height: 900 });
    await open();
    const over = page.locator("dialog[open], [role=dialog]:visible, [role=menu]:visible");
    await expect(over.first()).toBeVisible();
    // A menu lies over what it leaves in sight.
    const menu = page.locator("[role=menu]:visible");
    await this.at(page, name, (await menu.count()) > 0 ? "[role=menu]" : undefined);
    await page.setViewportSize({ width: 1440, height: 900 });
    // One press too many would leave the conversation.
    await expect(async () => {
      if ((await over.count()) > 0) await page.keyboard.press("Escape");
      await expect(over).toHaveCount(0, { timeout: 1_000 });
    }).toPass();
  }
}

async function pages(walk: Walk, world: World, { talk, tag, canned }: Seeded) {
  const admin = await walk.desk("Admin");
  for (const [at, shown] of [
    ["/inbox/mine", "list-empty"],
    ["/inbox/open", "list"],
    [`/inbox/open/${talk}`, "timeline"],
    ["/board", "queue"],
    [`/board/agent/${world.login("Ana").agent_id}`, "agent-sheet"],
    ["/reports", "kpi-received"],
    ["/people", `person-${world.login("Ana").agent_id}`],
    ["/notices", "main"],
    ["/search", "search-input"],
    ["/search?q=bicicleta", "found-messages"],
    ["/welcome", "firstrun-step-4"],
    ["/settings", "settings-numbers"],
    ["/settings/numbers", "main section"],
    ["/settings/teams", "main section"],
    ["/settings/agents", "main section"],
    ["/settings/quarantine", "quarantine-empty"],
    ["/settings/log", "audit-list"],
    ["/settings/you", "main section"],
    ["/settings/notifications", "main section"],
    ["/settings/devices", "main section"],
    ["/settings/appearance", "main section"],
    ["/settings/canned-replies", "settings-list"],
    [`/settings/canned-replies/${canned}`, "setting-form"],
    ["/settings/tags", "settings-list"],
    [`/settings/tags/${tag}?tab=history`, "version-1"],
    [`/settings/tags/${tag}?tab=used`, "setting-form"],
    ["/settings/attributes/new", "setting-form"],
    ["/settings/outcomes", "main"],
    ["/settings/outcomes/new", "main"],
    ["/settings/team-policies", "main"],
    ["/settings/routings", "main"],
    ["/settings/workspace-policies", "main"],
    ["/settings/schedules/new", "setting-form"],
  ] as const) {
    await walk.page(admin, at, shown);
  }
  await walk.page(admin, "/settings/agents", "add-agent");
  await admin.setViewportSize({ width: 1440, height: 900 });
  await walk.over(admin, "invite", () => admin.getByTestId("invite").click());
  await walk.over(admin, "add-agent", () => admin.getByTestId("add-agent").click());
  await walk.page(admin, "/settings/teams", "add-team");
  await walk.over(admin, "add-team", () => admin.getByTestId("add-team").click());
  await walk.page(admin, "/welcome", "add-number");
  await walk.over(admin, "add-number", () => admin.getByTestId("add-number").click());
  await admin.context().close();

  const sofia = await walk.desk("Sofia");
  await walk.page(sofia, "/notices", "[data-kind=mention]");
  await walk.page(sofia, `/board/agent/${world.login("Ana").agent_id}`, "agent-sheet");
  await sofia.context().close();
  const nobody = await walk.stranger();
  await walk.page(nobody, "/sign-in", "sign-email");
  await walk.page(nobody, "/join", "main");
}

async function dialogs(walk: Walk, { talk, waiting }: Seeded) {
  const ana = await walk.desk("Ana");
  await walk.page(ana, "/review", "review-all");
  await walk.page(ana, `/inbox/open/${waiting}`, "timeline");
  await ana.setViewportSize({ width: 1440, height: 900 });
  await walk.page(ana, `/inbox/mine/${talk}`, "timeline");
  await ana.setViewportSize({ width: 1440, height: 900 });
  const line = ana.getByTestId("line-1");
  await walk.over(ana, "account", () => ana.getByTestId("rail-me").click());
  await walk.over(ana, "palette", async () => {
    await ana.keyboard.press("Control+k");
    await ana.getByTestId("palette-input").fill("a");
  });
  const body = () => ana.getByTestId("timeline").focus();
  for (const [name, key] of [
    ["keys", "?"],
    ["hand-over", "a"],
    ["tag", "l"],
  ] as const) {
    await walk.over(ana, name, async () => {
      await body();
      await ana.keyboard.press(key);
    });
  }
  await walk.over(ana, "why", async () => {
    await ana.getByTestId("more").click();
    await ana.getByTestId("more-why").click();
  });
  await walk.over(ana, "snooze-menu", () => ana.getByTestId("snooze").click());
  await walk.over(ana, "more-menu", () => ana.getByTestId("more").click());
  await walk.over(ana, "snooze-other", async () => {
    await ana.getByTestId("snooze").click();
    await ana.getByTestId("snooze-other").click();
  });
  await walk.over(ana, "line-sheet", async () => {
    await line.focus();
    await ana.keyboard.press("Enter");
  });
  await walk.over(ana, "forward", async () => {
    await line.focus();
    await ana.keyboard.press("Enter");
    await ana.getByTestId("sheet-forward").click();
    await expect(ana.getByTestId("sheet-forward")).toHaveCount(0);
  });
  await walk.over(ana, "viewer", () => ana.getByTestId("line-5").getByTestId("file-look").click());
  for (const kind of ["place", "card", "buttons", "list", "link", "template"]) {
    await walk.over(ana, `add-${kind}`, async () => {
      await ana.getByTestId("add-more").click();
      await ana.getByTestId(`add-${kind}`).click();
    });
  }
  await walk.over(ana, "emoji", () => ana.getByTestId("emoji-open").click());
  await ana.getByTestId("composer-text").fill("/");
  await expect(ana.getByTestId("canned-picker")).toBeVisible();
  await walk.at(ana, "canned-picker");
  await ana.setViewportSize({ width: 1440, height: 900 });
  await ana.getByTestId("composer-text").fill("");
  await walk.over(ana, "begin", async () => {
    await body();
    await ana.keyboard.press("c");
  });
  await walk.over(ana, "view-dialog", () => ana.getByTestId("view-add").click());
  await ana.context().close();
}

for (const language of ["en", "es", "pt", "ar"] as const) {
  long(
    `every page and dialog can be seen, reached and heard, in ${language}`,
    async ({ world }) => {
      test.setTimeout(900_000);
      const there = await seeded(world);
      const walk = new Walk(world, language);
      await pages(walk, world, there);
      await dialogs(walk, there);
      console.log(
        `${language}: ${walk.done.length} pages and dialogs at ${SIZES.length} sizes, ${walk.found.length} faults`,
      );
      expect(walk.found).toEqual([]);
    },
  );
}
