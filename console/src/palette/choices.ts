// What the palette knows: what can be done to the open conversation, customers, places.

import { numbersOf, placeOf, viewId } from "../inbox/saved.ts";
import { keyOf } from "../inbox/sections.ts";
import { customer, owner } from "../inbox/words.ts";
import type { Desk } from "../live/session.svelte.ts";
import { words } from "../messages/index.svelte.ts";
import { nav } from "../nav.svelte.ts";
import { ADMIN_PAGES, OWN_PAGES, type Place, SHARED_PAGES } from "../router.ts";
import type { Choice } from "./items.ts";

/** A section of the page, as the rail has it. */
export interface Section {
  id: string;
  icon: string;
  name: string;
  place: Place;
  isHere: boolean;
  /** The letter that leads to it after g, where that is not its first one. */
  key?: string;
  /** What there is to do in it. */
  count?: number;
}

/** What an open conversation can be asked to do. */
interface Talk {
  focusComposer: (mode: "reply" | "note") => void;
  handOver: () => void;
  snoozeOpen: () => void;
  claim: () => void;
  resolve: () => void;
}

interface Known {
  desk: Desk;
  sections: Section[];
  isAdmin: boolean;
  talk: { name: string; does: () => Talk | undefined } | undefined;
  onnext: () => void;
  /** Undefined where one may not write first. */
  onbegin: (() => void) | undefined;
  onkeys: () => void;
}

export function choicesOf(known: Known): Choice[] {
  const { t } = words;
  const take: Choice = {
    id: "next",
    group: t.app.inbox,
    text: t.list.takeNext,
    icon: "bolt",
    key: "⇧N",
    run: known.onnext,
  };
  const begin: Choice[] =
    known.onbegin === undefined
      ? []
      : [
          {
            id: "begin",
            group: t.app.inbox,
            text: t.begin.title,
            icon: "begin",
            key: "c",
            run: known.onbegin,
          },
        ];
  const keys: Choice = {
    id: "keys",
    group: t.palette.goTo,
    text: t.nav.keys,
    icon: "pen",
    key: "?",
    run: known.onkeys,
  };
  return [...toDo(known.talk), take, ...begin, ...customers(known.desk), ...places(known), keys];
}

function toDo(talk: Known["talk"]): Choice[] {
  if (talk === undefined) return [];
  const { t } = words;
  const all: [string, string, string, string, (talk: Talk) => void][] = [
    ["reply", t.write.reply, "send", "r", (one) => one.focusComposer("reply")],
    ["note", t.write.note, "pen", "n", (one) => one.focusComposer("note")],
    ["hand-over", t.act.handOver, "swap", "a", (one) => one.handOver()],
    ["snooze", t.act.snooze, "moon", "s", (one) => one.snoozeOpen()],
    ["claim", t.act.claim, "user", "", (one) => one.claim()],
    ["resolve", t.act.resolve, "check1", "e", (one) => one.resolve()],
  ];
  return all.map(([id, text, icon, key, run]) => ({
    id,
    group: talk.name,
    text,
    icon,
    ...(key === "" ? {} : { key }),
    // The palette gives the focus back first.
    run: () =>
      requestAnimationFrame(() => {
        const does = talk.does();
        if (does !== undefined) run(does);
      }),
  }));
}

function customers(desk: Desk): Choice[] {
  const group = words.t.palette.customers;
  const all: Choice[] = [];
  for (const held of desk.all()) {
    if (held.level !== "full") continue;
    const { id, owner: of } = held.view.head;
    all.push({
      id,
      group,
      text: customer(held),
      phone: held.view.contact.phone ?? undefined,
      // Said of the few that are shown.
      get more() {
        return owner(desk, of);
      },
      face: id,
      run: () => nav.go({ at: "link", conversation: id }),
    });
  }
  return all;
}

function places({ desk, sections, isAdmin }: Known): Choice[] {
  const { t } = words;
  const goTo = (id: string, text: string, icon: string, place: Place, key?: string): Choice => ({
    id: `go-${id}`,
    group: t.palette.goTo,
    text,
    icon,
    ...(key === undefined ? {} : { key }),
    run: () => nav.go(place),
  });
  const viewOf = (view: string): Place => ({ at: "inbox", view, conversation: undefined });
  return [
    ...sections.map((one) => goTo(one.id, one.name, one.icon, one.place, `g ${keyOf(one)}`)),
    ...(["mine", "late", "snoozed", "open"] as const).map((id) =>
      goTo(`view-${id}`, t.views[id], "inbox", viewOf(id)),
    ),
    ...[...desk.teams.values()].map((team) =>
      goTo(`team-${team.id}`, team.name, "users", viewOf(`team-${team.id}`)),
    ),
    ...numbersOf(desk, words.locale).map(({ id, name }) =>
      goTo(`channel-${id}`, name, "wa", viewOf(`channel-${id}`)),
    ),
    ...desk.views.map((one) => goTo(viewId(one), one.name, "user", placeOf(one))),
    ...[...SHARED_PAGES, ...OWN_PAGES]
      .filter((page) => isAdmin || !ADMIN_PAGES.includes(page))
      .map((page) => goTo(`settings-${page}`, t.settings[page], "gear", { at: "settings", page })),
    ...(isAdmin ? [goTo("welcome", t.welcome.title, "bolt", { at: "welcome" })] : []),
  ];
}
