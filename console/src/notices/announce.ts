// What is new and concerns the agent is told where they look: by a line, a sound, and on the
// desktop while the page is out of sight. Nothing takes the focus.

import type { Desk } from "../live/session.svelte.ts";
import { agent, customer } from "../inbox/words.ts";
import { callWords } from "../messages/calls.ts";
import { name, words } from "../messages/index.svelte.ts";
import { noticeWords } from "../messages/notices.ts";
import { nav } from "../nav.svelte.ts";
import type { Id, Notice, NumberNotice } from "../protocol.ts";
import { standing } from "../push/browser.ts";
import { settings } from "../settings.svelte.ts";
import { ring } from "../ui/ring.ts";
import { toasts } from "../ui/toast.svelte.ts";
import { sayNotice } from "./say.ts";

export function announce(
  desk: Desk,
  fresh: readonly Notice[],
  numbers: readonly NumberNotice[],
  open: Id | undefined,
) {
  const [number] = numbers;
  if (number !== undefined) {
    const text = words.t.health.notice[number.health.state](number.name);
    const look = () => nav.go({ at: "settings", page: "numbers" });
    tell(desk, text, { text: words.t.health.look, run: look }, number.channel_id);
    return;
  }
  const isSeen = (one: Notice) => desk.isLooking && one.conversation.head.id === open;
  const [one] = fresh.filter((notice) => !isSeen(notice));
  if (one === undefined) return;
  const { id } = one.conversation.head;
  const w = noticeWords[words.language];
  const who = one.by === undefined ? words.t.change.system : agent(desk, one.by);
  const called = name(customer({ level: "full", view: one.conversation }));
  const text = sayNotice(w, callWords[words.language], one.kind, who, called, one.reason);
  const run = () => nav.go({ at: "inbox", view: "open", conversation: id });
  tell(desk, text, { text: w.open, run }, id);
}

function tell(desk: Desk, text: string, act: { text: string; run: () => void }, tag: string) {
  toasts.tell(text, act);
  if (settings.hasSound) ring();
  if (settings.hasDesktop && !desk.isLooking) void show(text, tag, act.run).catch(() => undefined);
}

/** Where pushes reach this browser they tell it already. */
async function show(text: string, tag: string, run: () => void) {
  if (Notification.permission !== "granted" || (await standing()) === "on") return;
  const shown = new Notification("Baton", { body: text, tag });
  shown.onclick = () => {
    window.focus();
    run();
    shown.close();
  };
}
