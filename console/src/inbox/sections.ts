// The sections of the page, as the rail, the tabs and the palette have them.

import type { Messages } from "../messages/en.ts";
import type { Section } from "../palette/choices.ts";
import type { Place } from "../router.ts";
import { wantedOf } from "../reports/wanted.ts";

interface Known {
  t: Messages;
  /** Where the page is. */
  place: Place;
  isSupervisor: boolean;
  /** Conversations of one's own that wait for an answer. */
  unread: number;
  /** Messages that wait for a person. */
  waiting: number;
  /** What concerns the agent and is not read, and what that is called. */
  notices: number;
  noticesTitle: string;
}

export function sectionsOf({
  t,
  place,
  isSupervisor,
  unread,
  waiting,
  notices,
  noticesTitle,
}: Known): Section[] {
  const { at } = place;
  const inbox: Section = {
    id: "inbox",
    icon: "inbox",
    name: t.app.inbox,
    place: { at: "inbox", view: "mine", conversation: undefined },
    isHere: at === "inbox" || at === "link",
    count: unread,
  };
  const board: Section = {
    id: "board",
    icon: "board",
    name: t.nav.board,
    place: { at: "board", agent: undefined },
    isHere: at === "board",
  };
  const reports: Section = {
    id: "reports",
    icon: "chart",
    name: t.reports.title,
    place: { at: "reports", wanted: wantedOf(new URLSearchParams()) },
    isHere: at === "reports",
    // What waits for a person has the letter r.
    key: "o",
  };
  const review: Section = {
    id: "review",
    icon: "held",
    name: t.review.title,
    place: { at: "review", filter: {} },
    isHere: at === "review",
    count: waiting,
  };
  const concerns: Section = {
    id: "notices",
    icon: "bell",
    name: noticesTitle,
    place: { at: "notices" },
    isHere: at === "notices",
    count: notices,
  };
  const people: Section = {
    id: "people",
    icon: "users",
    name: t.nav.people,
    place: { at: "people" },
    isHere: at === "people",
  };
  const settings: Section = {
    id: "settings",
    icon: "gear",
    name: t.nav.settings,
    place: { at: "settings", page: undefined },
    isHere: at === "settings" || at === "welcome",
  };
  const led = isSupervisor ? [board, reports] : [];
  return [inbox, concerns, ...led, review, people, settings];
}

/** The letter that leads to a section after g. */
export const keyOf = ({ id, key }: Section): string => key ?? id.charAt(0);
