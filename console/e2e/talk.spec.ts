// What an agent does in a conversation beside answering it.
import { guard, isHarmless } from "./harm.ts";
import { PAYLOADS } from "./payloads.ts";
import { expect, long, open } from "./world.ts";

long("one line is answered, and the conversation resolved in the same press", async ({ world }) => {
  const leo = world.customer("Leo Marín");
  await leo.says("¿Tenéis la Alba 3?");
  await leo.says("¿Y cascos?");
  const ana = await world.desk("Ana");
  await open(ana, leo.name);
  await ana.getByTestId("line-1").hover();
  await ana.getByTestId("line-1").getByTestId("quote").click();
  await expect(ana.getByTestId("composer-quote")).toContainText("¿Tenéis la Alba 3?");
  // It is part of the draft.
  await ana.getByTestId("composer-text").fill("Sí, en verde.");
  await ana.reload();
  await expect(ana.getByTestId("composer-quote")).toContainText("¿Tenéis la Alba 3?");
  await ana.getByTestId("composer-text").press("Control+Shift+Enter");
  await expect(ana.getByTestId("line-3").locator(".quote")).toContainText("¿Tenéis la Alba 3?");
  await expect(ana.getByTestId("reopen")).toBeVisible();
  await expect(ana.getByTestId("composer-quote")).toHaveCount(0);
  await expect.poll(async () => (await world.reached()).join()).toContain("Sí, en verde.");
});

long("a line gets a reaction, which answers nothing", async ({ world }) => {
  const ivo = world.customer("Ivo Ferrer");
  await ivo.says("Nos vemos a las cinco");
  const ana = await world.desk("Ana");
  await open(ana, ivo.name);
  const line = ana.getByTestId("line-1");
  await line.hover();
  await line.getByTestId("react").click();
  await line.getByTestId("react-with").first().press("ArrowRight");
  await line.getByTestId("react-with").nth(1).press("Enter");
  const reaction = ana.getByTestId("line-2");
  await expect(reaction).toContainText("❤️");
  await expect(reaction.locator(".quote")).toContainText("Nos vemos a las cinco");
  // WhatsApp tells nothing more of a reaction.
  await expect(reaction.getByTestId("line-status")).toHaveAttribute("data-status", "sent");
  // It is nobody's answer: who takes the conversation still has to write.
  await expect(ana.getByTestId("claim")).toBeVisible();
  await expect(reaction.getByTestId("react")).toHaveCount(0);
  await line.hover();
  await line.getByTestId("react").click();
  await line.getByTestId("react-back").click();
  await expect(ana.getByTestId("line-3")).toContainText("Took a reaction back");
});

long("what a colleague owns can be followed, and is my work from then on", async ({ world }) => {
  const noa = world.customer("Noa Prat");
  await noa.says("¿Me llamáis mañana?");
  const [ana, ben] = [await world.desk("Ana"), await world.desk("Ben")];
  const id = await open(ben, noa.name);
  await ben.getByTestId("claim").click();
  await expect(ben.getByTestId("owner-chip")).toContainText("You");
  await open(ana, noa.name);
  await expect(ana.getByTestId("view-count-mine")).toHaveText("0");
  await ana.getByTestId("follow").click();
  await expect(ana.getByTestId("followers")).toContainText("You");
  await expect(ben.getByTestId("followers")).toContainText("Ana");
  await expect(ana.getByTestId("view-count-mine")).toHaveText("1");
  await ana.goto(`/inbox/mine/${id}`);
  await ana.getByTestId("more").click();
  await ana.getByTestId("more-follow").click();
  await expect(ana.getByTestId("view-count-mine")).toHaveText("0");
});

long("an agent says what pushes tell, and when they are silent", async ({ world }) => {
  const ana = await world.desk("Ana", { at: "/settings/notifications" });
  await ana.getByTestId("push-level").selectOption("mine");
  await expect(ana.getByTestId("toast")).toContainText("Saved");
  await ana.getByTestId("push-each").check();
  await ana.getByTestId("push-quiet").check();
  await ana.getByTestId("push-until").fill("08:30");
  await ana.getByTestId("push-until").blur();
  await expect(ana.getByTestId("push-card")).toContainText("Europe/Madrid");
  await expect(async () => {
    await ana.reload();
    await expect(ana.getByTestId("push-until")).toHaveValue("08:30", { timeout: 2_000 });
  }).toPass();
  await expect(ana.getByTestId("push-level")).toHaveValue("mine");
  await expect(ana.getByTestId("push-from")).toHaveValue("22:00");
  await expect(ana.getByTestId("push-each")).toBeChecked();
  // Of one of several teams, something else may be wanted.
  await expect(ana.locator("[data-testid^='push-team-']")).toHaveCount(0);
  const admin = await world.desk("Admin");
  await admin.evaluate(async (agent) => {
    const ask = async (method: string, path: string, body: unknown) => {
      const headers = { "content-type": "application/json" };
      const answer = await fetch(`/api/v1${path}`, { method, headers, body: JSON.stringify(body) });
      return answer.text();
    };
    const { id } = JSON.parse(await ask("POST", "/teams", { name: "Rentals" })) as { id: string };
    await ask("PUT", `/teams/${id}/members/${agent}`, { kind: "member" });
  }, world.login("Ana").agent_id);
  const rentals = ana.getByLabel("Of Rentals");
  await expect(rentals).toHaveValue("same");
  await rentals.selectOption("nothing");
  await expect(ana.getByTestId("toast").last()).toContainText("Saved");
  await ana.reload();
  await expect(rentals).toHaveValue("nothing");
  await expect(ana.getByTestId("push-until")).toHaveValue("08:30");
});

long(
  "buttons, lists and links that were sent are drawn as text that nobody here can press",
  async ({ world }) => {
    const kai = world.customer("Kai Berg");
    await kai.says("When can I come?");
    const ana = await world.desk("Ana");
    const id = await open(ana, kai.name);
    const seen = guard(ana);
    const [title = "", more = ""] = PAYLOADS.slice(8, 10);
    const short = (text: string, most: number) => [...text].slice(0, most).join("");
    const send = (details: object, text: string) =>
      ana.evaluate(
        async ({ id, details, text }) => {
          const hex = Date.now().toString(16).padStart(12, "0") + crypto.randomUUID().slice(14);
          const op_id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13)}`;
          const snapshot = await fetch(`/api/v1/conversations/${id}`);
          const { view } = (await snapshot.json()) as { view: { thread: { last_line: unknown } } };
          const { last_line: known } = view.thread;
          const command = { op_id, conversation_id: id, type: "send", text, details, seen: known };
          const answer = await fetch("/api/v1/commands", {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify([command]),
          });
          return JSON.stringify(await answer.json());
        },
        { id, details, text },
      );
    const frame = { header: short(title, 60), footer: short(more, 60) };
    const buttons = [{ id: "y", title: short(title, 20) }];
    expect(await send({ type: "buttons", buttons, frame }, "Tomorrow?")).toContain("accepted");
    const parts = ana.getByTestId("line-2").getByTestId("line-parts");
    await expect(parts).toContainText(short(title, 20));
    await expect(parts).toContainText(short(more, 60));
    const url = "https://example.org/?q=<img src=x onerror=window.hit=1>".replace(/ /g, "%20");
    expect(await send({ type: "link", title: "Map", url }, "Here")).toContain("accepted");
    await expect(ana.getByTestId("line-3").getByTestId("line-parts")).toContainText("example.org");
    const rows = [{ id: "a", title: "16:00", description: short(more, 72) }];
    const list = { type: "list", button: "Times", sections: [{ rows }] };
    expect(await send(list, "Or")).toContain("accepted");
    await ana.getByTestId("line-4").getByText("Times").click();
    await expect(ana.getByTestId("line-4")).toContainText("16:00");
    await isHarmless(ana);
    expect(seen).toEqual([]);
  },
);

long(
  "the window runs out while somebody types: the text stays, and a template is sent",
  async ({ world }) => {
    const admin = await world.desk("Admin", { at: "/settings/numbers" });
    await expect(admin.locator("[data-testid^='templates-']")).toContainText("5 ");
    const pia = world.customer("Pia Sole");
    await pia.says("¿Me avisáis cuando esté?");
    const ana = await world.desk("Ana");
    const id = await open(ana, pia.name);
    // For her the 24 hours end in some seconds.
    world.hasten(ana, 24 * 3_600_000 - 20_000);
    await ana.goto(`/inbox/open/${id}`);
    await ana.getByTestId("composer-text").fill("Ya está lista.");
    await expect(ana.getByTestId("composer-shut")).toContainText("24 hours have passed.");
    await expect(ana.getByTestId("composer")).toContainText("Ya está lista.");
    await ana.getByTestId("choose-template").click();
    await ana.getByTestId("template-order_update-es").click();
    await expect(ana.getByTestId("template-send")).toBeDisabled();
    await ana.getByTestId("blank-body:1").fill("Pia");
    await ana.getByTestId("blank-body:2").fill("A-7");
    await expect(ana.getByTestId("template-preview")).toContainText("su pedido A-7 está listo");
    await ana.getByTestId("template-send").click();
    await expect(ana.getByTestId("line-2")).toContainText("Hola Pia, su pedido A-7 está listo.");
    await expect(ana.getByTestId("composer")).toContainText("Ya está lista.");
  },
);
