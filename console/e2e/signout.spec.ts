// An agent signs out in the middle of everything: the page lives, and nothing of theirs goes on.
import { png } from "./png.ts";
import { expect, long, open, signIn } from "./world.ts";

long(
  "who signs out with files on the screen and a microphone on leaves a page that lives",
  async ({ world }) => {
    const names = ["Lucía Vera", "Rui Mar", "Eva Sol"];
    for (const name of names) {
      const customer = world.customer(name);
      await customer.says("Can you tell me how?");
      await customer.sends({ kind: "media", type: "audio", voice: true });
      await customer.sends({ kind: "media", type: "image" });
    }
    const ana = await world.stranger({ serviceWorkers: "allow" });
    let crashes = 0;
    ana.on("crash", () => (crashes += 1));
    for (const _ of ["the first time", "and again"]) {
      await ana.goto("/sign-in");
      await signIn(ana, world.login("Ana"));
      for (const name of names) await open(ana, name);
      await ana.getByTestId("attach-input").setInputFiles({
        name: "bike.png",
        mimeType: "image/png",
        buffer: png(600),
      });
      await ana.getByTestId("line-2").getByTestId("file-play").click();
      await ana.getByTestId("record").click();
      await expect(ana.getByTestId("recorder-time")).toHaveText(/0:0[1-9]/);
      await ana.getByTestId("rail-me").click();
      await ana.getByTestId("sign-out").click();
      await expect(ana.getByTestId("sign-go")).toBeVisible();
      // It answers, and nothing of the agent is left in it.
      expect(
        await ana.evaluate(() => document.querySelectorAll("audio, video, dialog").length),
      ).toBe(0);
      expect(await ana.evaluate(async () => (await navigator.locks.query()).held?.length)).toBe(0);
    }
    expect(crashes).toBe(0);
  },
);
