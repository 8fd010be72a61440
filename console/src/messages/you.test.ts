import { expect, test } from "vitest";
import { ar } from "./ar.ts";
import { en } from "./en.ts";
import { es } from "./es.ts";
import { pt } from "./pt.ts";

test("who reads it is addressed in the form that the sentence needs", () => {
  const said = [en, es, pt, ar].map((t) => {
    const you = t.list.youInside;
    const all = [
      t.change.rehomed(you),
      t.change.routed(you),
      t.hand.done("Rita", you),
      t.board.moved("Rita", you),
    ];
    return all.map((text) => text.replace(/[\u2068\u2069]/g, ""));
  });
  expect(said[1]).toEqual([
    "Pasó a ti",
    "Se te dio",
    "Ahora Rita está contigo",
    "Rita está ahora contigo",
  ]);
  expect(said[3]).toEqual(["انتقلت إليك", "أُعطيت إليك", "Rita الآن معك", "Rita الآن معك"]);
  for (const all of said) for (const one of all) expect(one).not.toMatch(/\ba (tú|you)$|إلى أنت/);
  expect(es.change.rehomed("Ana")).toBe("Pasó a Ana");
  expect(ar.change.rehomed("Ana")).toBe("انتقلت إلى Ana");
});
