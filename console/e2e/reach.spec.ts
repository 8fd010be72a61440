// Nothing that can be pressed is out of reach, by mouse and by touch, however long names and texts.
import { reachable } from "./looks.ts";
import { expect, long, open, test } from "./world.ts";

const LONG =
  "¿Me podéis decir si la bicicleta que dejé ayer por la tarde está lista, o vuelvo mañana? ".repeat(
    3,
  );
const NAME = "María Fernanda del Carmen Villanueva y Montenegro";

for (const [how, options] of [
  ["by mouse", {}],
  ["by touch", { hasTouch: true, isMobile: true }],
] as const) {
  long(`all can be reached at each width, ${how}`, async ({ world }) => {
    test.setTimeout(300_000);
    const maria = world.customer(NAME);
    await maria.says(LONG);
    await maria.says("Ok");
    const sofia = await world.desk("Sofia", { viewport: { width: 820, height: 844 }, ...options });
    const id = await open(sofia, NAME);
    await expect(sofia.getByTestId("line-2")).toBeVisible();
    await reachable(sofia, "nobody's conversation");
    await sofia.setViewportSize({ width: 1024, height: 844 });
    await sofia.getByTestId("claim").click();
    await sofia.getByTestId("composer-text").fill(LONG);
    await sofia.getByTestId("send").click();
    await expect(sofia.getByTestId("line-3").getByTestId("line-status")).toHaveAttribute(
      "data-status",
      /sent|delivered|read/,
    );
    await reachable(sofia, "one's own conversation");
    await sofia.setViewportSize({ width: 390, height: 844 });
    await sofia.getByTestId("line-3").getByTestId("line-more").click();
    await expect(sofia.getByTestId("sheet-forward")).toBeVisible();
    await reachable(sofia, "what can be done with a line");
    await sofia.keyboard.press("Escape");
    for (const at of [
      "/inbox/mine",
      "/board",
      `/board/agent/${world.login("Ana").agent_id}`,
      "/reports",
      "/review",
      "/people",
      "/search?q=bicicleta",
      "/settings",
      "/settings/numbers",
      "/settings/teams",
      "/settings/agents",
      "/settings/canned-replies/new",
      "/settings/tags",
      "/settings/outcomes",
      "/settings/schedules/new",
      "/settings/you",
      "/settings/notifications",
      "/settings/devices",
      "/settings/appearance",
    ]) {
      await sofia.goto(at);
      // Where there is little room, a form stands in place of its list.
      await expect(
        sofia.locator("main, [data-testid=setting-form]").filter({ visible: true }).first(),
      ).toBeVisible();
      await reachable(sofia, at);
    }
    // In the language with the longest words, and from right to left.
    for (const language of ["es", "ar"]) {
      await sofia.setViewportSize({ width: 1024, height: 844 });
      await sofia.getByTestId("rail-me").click();
      await sofia.getByTestId("language").selectOption(language);
      await sofia.keyboard.press("Escape");
      for (const at of [`/inbox/open/${id}`, "/board", "/reports"]) {
        await sofia.goto(at);
        await expect(sofia.locator("main").first()).toBeVisible();
        await reachable(sofia, `${at} in ${language}`);
      }
    }
  });
}

long(
  "what admins alone are shown can be reached at each width, and several chosen say what is done to them",
  async ({ world }) => {
    test.setTimeout(300_000);
    for (const name of [NAME, "ليلى منصور"]) await world.customer(name).says(LONG);
    const admin = await world.desk("Admin", { viewport: { width: 1024, height: 844 } });
    for (const at of [
      "/welcome",
      "/notices",
      "/settings/log",
      "/settings/quarantine",
      "/settings/numbers",
      "/settings/agents",
      "/settings/team-policies",
      "/settings/workspace-policies",
      "/settings/attributes",
      "/settings/canned-replies",
    ]) {
      await admin.goto(at);
      await expect(admin.locator("main").first()).toBeVisible();
      await reachable(admin, at);
    }
    await admin.goto("/board");
    await admin.getByTestId("board-select").click();
    await admin.getByTestId("queue").getByText(NAME).click();
    const bar = admin.getByTestId("action-bar");
    await expect(bar).toBeVisible();
    await reachable(admin, "several chosen");
    // Drawings say their names where the bar has the room.
    await admin.setViewportSize({ width: 1024, height: 844 });
    await expect(bar.getByText("Resolve", { exact: true })).toBeVisible();
    await expect(bar.getByText("Snooze", { exact: true })).toBeVisible();
    await admin.setViewportSize({ width: 390, height: 844 });
    await expect(bar.getByText("Resolve", { exact: true })).toBeHidden();
    await expect(bar.getByRole("button", { name: "Resolve" })).toBeVisible();
  },
);
