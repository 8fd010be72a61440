// What becomes of lines after they were said: reactions, new words, taken back.
import { guard, isHarmless } from "./harm.ts";
import { PAYLOADS } from "./payloads.ts";
import { expect, long, open } from "./world.ts";

long(
  "reactions, edits and what was taken back are drawn at their line, as text",
  async ({ world }) => {
    const [was = "", now = "", gone = ""] = PAYLOADS.slice(70, 73);
    const eva = world.customer("Eva Luna");
    const first = await eva.says(was);
    const second = await eva.says(gone);
    const ana = await world.desk("Ana");
    const id = await open(ana, eva.name);
    const seen = guard(ana);
    await expect(ana.getByTestId("line-2")).toContainText(gone);
    await ana.getByTestId("composer-text").fill("Hola Eva");
    await ana.getByTestId("send").click();
    await expect(ana.getByTestId("line-3").getByTestId("line-status")).toHaveAttribute(
      "data-status",
      /sent|delivered|read/,
    );
    const [sent = ""] = /wamid\.[^"]+/.exec((await world.reached()).join()) ?? [];
    await eva.sends({ kind: "reaction", wamid: sent, emoji: "👍" });
    await expect(ana.getByTestId("line-3").getByTestId("reaction")).toContainText(
      "Eva reacted with 👍",
    );
    await eva.sends({ kind: "reaction", wamid: sent });
    await expect(ana.getByTestId("line-3").getByTestId("reaction")).toHaveCount(0);

    await eva.sends({ kind: "edit", wamid: first.wamid, text: now });
    const edited = ana.getByTestId("line-1");
    await expect(edited.locator(".b")).toContainText(now);
    await edited.getByTestId("line-edited").locator("summary").click();
    await expect(edited.getByTestId("line-edited").locator(".pre")).toHaveText(was);
    await eva.sends({ kind: "revoke", wamid: second.wamid });
    const taken = ana.getByTestId("line-2");
    await expect(taken).toContainText("Deleted by the customer");
    await expect(taken).not.toContainText(gone);
    await isHarmless(ana);
    // Nobody reads what it said, not even who supervises.
    const sofia = await world.desk("Sofia", { at: `/c/${id}` });
    await expect(sofia.getByTestId("line-2")).toContainText("Deleted by the customer");
    await expect(sofia.getByTestId("line-2")).not.toContainText(gone);
    await isHarmless(sofia);
    expect(seen).toEqual([]);
  },
);
