// Messages that wait for a person, decided many at a time.
import { guard, isHarmless } from "./harm.ts";
import { overtaken } from "./overtaken.ts";
import { PAYLOADS } from "./payloads.ts";
import { expect, long, open, reveal, test } from "./world.ts";

test("replies that were overtaken are decided together, with what was missed before them", async ({
  world,
}) => {
  const ana = await world.desk("Ana");
  const names = ["Rita Sanz", "Iván Cobo"];
  await overtaken(world, ana, names, "Sí, desde las 10.", "¿Y a las 9?");
  await expect(ana.getByTestId("rail-review")).toHaveAccessibleName("Needs review, 2 messages");
  await ana.getByTestId("rail-review").click();
  const list = ana.getByTestId("review-list");
  await expect(list.getByRole("article")).toHaveCount(2);
  await expect(list.getByRole("article").first()).toContainText("¿Y a las 9?");
  await expect(ana.getByTestId("review-kind-overtaken")).toContainText("2");

  // All by keys: into the list, chosen, one let go, the other sent.
  await ana.keyboard.press("j");
  await ana.keyboard.press("Control+a");
  await expect(ana.getByTestId("action-bar")).toContainText("2 chosen");
  await ana.keyboard.press("x");
  await ana.getByTestId("action-send").click();
  const dialog = ana.getByTestId("send-many");
  await expect(dialog).toContainText("Send 1 message again?");
  await expect(dialog.getByText("¿Y a las 9?")).toBeVisible();
  await ana.getByTestId("send-many-go").click();
  await expect(ana.getByTestId("toast")).toContainText("1 sent");
  await expect(list.getByRole("article")).toHaveCount(1);
  await ana.getByTestId("review-discard").click();
  await ana.getByTestId("decide-many-go").click();
  await expect(ana.getByTestId("review-empty")).toContainText("No reply waits for review.");
  await expect(ana.getByTestId("rail-review")).toHaveAccessibleName("Needs review");
  await expect
    .poll(async () => (await world.reached()).join().split("Sí, desde las 10."))
    .toHaveLength(2);
});

long(
  "what nobody knows to have arrived waits a minute for WhatsApp, then for a person",
  async ({ world }) => {
    const vera = world.customer("Vera Roig");
    await vera.says("Hola");
    const ana = await world.desk("Ana");
    await world.knobs({
      lost_answers: { probability: 1, how: "drop" },
      drop_statuses: ["sent", "delivered", "read"],
    });
    await open(ana, vera.name);
    for (const [n, text] of ["Sí, el lunes.", "A las 10."].entries()) {
      await ana.getByTestId("composer-text").fill(text);
      await ana.getByTestId("send").click();
      const status = ana.getByTestId(`line-${n + 2}`).getByTestId("line-status");
      await expect(status).toHaveAttribute("data-status", "unconfirmed", { timeout: 90_000 });
    }
    await world.knobs({ lost_answers: null, drop_statuses: [] });
    await ana.goto("/review?kind=unconfirmed");
    const rows = ana.getByTestId("review-list").getByRole("article");
    await expect(rows).toHaveCount(2);
    await expect(rows.last()).toContainText("WhatsApp may still tell");
    await expect(rows.last().getByTestId("review-arrived")).toBeVisible({ timeout: 90_000 });
    await rows.first().getByTestId("review-arrived").click();
    await expect(rows).toHaveCount(1);
    // The server counts from when it gave up waiting: until then it says so, and the buttons are away.
    const send = rows.getByTestId("review-send");
    const isOver = ana.getByTestId("review-empty");
    await expect(async () => {
      await send.click();
      await expect(ana.getByTestId("send-many")).toContainText("1 customer may get it twice.");
      await ana.getByTestId("send-many-go").click();
      await expect(isOver.or(rows.getByText("WhatsApp may still tell"))).toBeVisible();
      if (!(await isOver.isVisible())) await expect(send).toBeVisible({ timeout: 90_000 });
      await expect(isOver).toBeVisible({ timeout: 1_000 });
    }).toPass();
  },
);

long(
  "one that is held is changed before it leaves, and hostile words there stay text",
  async ({ world }) => {
    const ana = await world.desk("Ana");
    const [name = "", answer = "", again = ""] = PAYLOADS.slice(60, 63);
    await overtaken(world, ana, [name], answer, again);
    await expect(ana.getByTestId("rail-review")).toHaveAccessibleName("Needs review, 1 message");
    await ana.goto("/review");
    const seen = guard(ana);
    const row = ana.getByTestId("review-list").getByRole("article");
    for (const text of [name, answer, again]) await expect(row).toContainText(text);
    await isHarmless(ana);
    await ana.getByTestId("review-all").click();
    await ana.getByTestId("action-send").click();
    await expect(ana.getByTestId("send-missed")).toContainText(again);
    await isHarmless(ana);
    await ana.keyboard.press("Escape");
    // Without the network nothing is decided; with it, everything is as it was.
    await ana.context().setOffline(true);
    world.cut(ana);
    await expect(ana.getByTestId("action-bar")).toContainText("Out of touch");
    await expect(row.getByTestId("review-open")).toBeDisabled();
    await ana.context().setOffline(false);
    await expect(row.getByTestId("review-open")).toBeEnabled();
    await row.getByTestId("review-open").click();
    await expect(ana.getByTestId("stale-missed")).toContainText(again);
    await ana.getByTestId("stale-text").fill("Mañana a las 9, sí.");
    await ana.getByTestId("stale-send").click();
    await expect(row).toContainText("Settled: cancelled");
    await expect.poll(async () => (await world.reached()).join()).toContain("Mañana a las 9, sí.");
    expect(seen).toEqual([]);
    await ana.goto("/inbox/open");
    await reveal(ana, name);
  },
);
