// Writing first: whether the dialog is open, and which conversation came of it.

import { getContext, setContext } from "svelte";
import { customer } from "../inbox/words.ts";
import * as format from "../format.ts";
import type { Desk } from "../live/session.svelte.ts";
import { name, words } from "../messages/index.svelte.ts";
import { nav } from "../nav.svelte.ts";
import type { Choice } from "../palette/items.ts";
import type { Channel, Id } from "../protocol.ts";
import { toasts } from "../ui/toast.svelte.ts";
import { digitsOf, offered } from "./number.ts";

export class Begin {
  /** The dialog is open, with this number in its field. */
  asked: { phone: string } | undefined = $state.raw();
  /** The number that was written from last. */
  from: Id | undefined = $state();
  /** What was begun last, until its composer has offered the templates. */
  fresh: Id | undefined = $state();

  constructor(private readonly desk: Desk) {}

  /** The numbers that one may write from. */
  get channels(): Channel[] {
    const { me, channels, teams } = this.desk;
    const supervises = (team: Id) => this.desk.supervises(team);
    return offered(channels.values(), { agent: me?.agent, teams, supervises });
  }

  get isOffered(): boolean {
    return this.channels.length > 0;
  }

  ask(phone = "") {
    if (this.isOffered) this.asked = { phone };
    else toasts.show(words.t.begin.none);
  }

  /** It is held: its page opens. */
  arrived(id: Id) {
    this.asked = undefined;
    this.fresh = id;
    nav.go({ at: "link", conversation: id });
  }

  /** What the palette offers for a number: customers who have it, else to write to it. */
  choices(text: string): Choice[] {
    const digits = digitsOf(text);
    if (digits === undefined) return [];
    const { t } = words;
    const known: Choice[] = [];
    for (const held of this.desk.all()) {
      if (held.level !== "full" || held.view.contact.phone !== digits) continue;
      const { id } = held.view.head;
      const run = () => nav.go({ at: "link", conversation: id });
      const more = format.phone(digits);
      known.push({ id, group: t.palette.customers, text: customer(held), more, face: id, run });
    }
    if (known.length > 0 || !this.isOffered) return known;
    const phone = format.phone(digits);
    return [
      {
        id: "write-to",
        group: t.begin.title,
        text: t.begin.writeTo(name(phone)),
        icon: "begin",
        run: () => this.ask(phone),
      },
    ];
  }
}

const KEY = Symbol("begin");
export const giveBegin = (begin: Begin) => setContext(KEY, begin);
export const takeBegin = (): Begin => getContext<Begin>(KEY);
