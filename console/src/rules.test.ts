// @vitest-environment node
// The tables that `domain` writes, played: where this page says otherwise than the server, it is
// wrong. `BATON_RULES` names another folder of such tables.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import { type Deed, beforeOf, planOf, standAfter } from "./bulk/plan.ts";
import { standOf } from "./inbox/compose.ts";
import { type Feed, apply, applyConversation, empty, endLoading } from "./live/feed.ts";
import { type Held } from "./live/held.ts";
import type {
  Agent,
  CoachNote,
  CommandBody,
  Event,
  Head,
  LeaseHolder,
  Line,
  Note,
  Owner,
  Snapshot,
  Status,
  Team,
  Thread,
  View,
} from "./protocol.ts";
import {
  type Hand,
  isWindowOpen,
  mayAnswer,
  mayBlock,
  mayClaim,
  mayForward,
  mayHandOver,
  mayPutAside,
  mayQuote,
  mayReact,
  mayRead,
  mayReopen,
  mayUnassign,
} from "./rules.ts";

const FOLDER =
  process.env.BATON_RULES ?? join(import.meta.dirname, "../../protocol/fixtures/rules");
function table<T>(name: string): T {
  return JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8")) as T;
}

interface Scene {
  head: Head;
  thread: Thread;
  lease?: LeaseHolder;
}
interface World {
  at: { now: string };
  agents: Agent[];
  policies: Record<string, Team>;
  conversations: Record<string, Scene>;
}
/** The facts, and what of the head they changed; an owner `author` is who did it. */
interface Done {
  facts: string[];
  owner?: Owner | "author";
  owner_epoch?: number;
  team_id?: string;
  status?: Status;
}
interface Commands {
  acts: Record<string, CommandBody>;
  cases: { act: string; at: string; policies: string; answers: Record<string, string | Done> }[];
}

const world = table<World>("world");
const NOW = Date.parse(world.at.now);
const SCENES = Object.entries(world.conversations);
const POLICIES = Object.entries(world.policies);
const ids = new Map(world.agents.map(({ name, id }) => [name, id]));
const idOf = (name: string) => ids.get(name) ?? "";

function handOf(agent: Agent, policy: Team): Hand {
  return {
    me: agent.id,
    teams: agent.teams.map((one) => one.team_id),
    supervises: (team) => {
      const isOver = agent.teams.some((one) => one.team_id === team && one.kind === "supervisor");
      return agent.role === "admin" || (agent.role === "supervisor" && isOver);
    },
    team: (id) => ({ ...policy, id }),
    agent: (id) => world.agents.find((one) => one.id === id),
  };
}

/** The conversation as this agent holds it; undefined where they see nothing of it. */
function heldBy(agent: Agent, { head, thread }: Scene, policy: Team): Held | undefined {
  if (mayRead(agent, head, policy)) {
    const contact = { name: null, phone: null };
    return { level: "full", view: { head, thread, contact, preview: null, read_seq: 1 } };
  }
  const isMember = agent.teams.some((one) => one.team_id === head.team_id);
  return isMember && policy.visibility === "head" ? { level: "head", head } : undefined;
}

interface Case {
  name: string;
  agent: Agent;
  scene: Scene;
  hand: Hand;
  held: Held | undefined;
}
const CASES: Case[] = SCENES.flatMap(([at, scene]) =>
  POLICIES.flatMap(([policy, team]) =>
    world.agents.map((agent) => ({
      name: `${at} ${policy} ${agent.name}`,
      agent,
      scene,
      hand: handOf(agent, team),
      held: heldBy(agent, scene, team),
    })),
  ),
);

const known = new Map<
  string,
  { acts: [string, CommandBody][]; answers: Map<string, string | Done> }
>();
function answersOf(kind: string) {
  const found = known.get(kind);
  if (found !== undefined) return found;
  const { acts, cases } = table<Commands>(`command.${kind}`);
  const answers = new Map<string, string | Done>();
  for (const { act, at, policies, answers: told } of cases) {
    for (const place of at.split(" ")) {
      for (const policy of policies.split(" ")) {
        for (const [names, answer] of Object.entries(told)) {
          for (const name of names.split(" "))
            answers.set(`${act} ${place} ${policy} ${name}`, answer);
        }
      }
    }
  }
  const made = { acts: Object.entries(acts), answers };
  known.set(kind, made);
  return made;
}

/** What the server says; it has said something to everybody everywhere. */
function answer(kind: string, act: string, one: Case): string | Done {
  const found = answersOf(kind).answers.get(`${act} ${one.name}`);
  if (found === undefined) throw new Error(`${kind}: nothing is said of ${act} ${one.name}`);
  return found;
}

/** Whether the server does something; why it does not is counted here, if the page cannot know it. */
const changes = (told: string | Done) => typeof told !== "string" && told.facts.length > 0;
/** A full desk is seen when the server says so: what somebody owns is counted there. A head does
 * not tell of a block. */
const isUnforeseen = (told: string | Done, { held }: Case) =>
  told === "at_capacity" || (told === "blocked" && held?.level === "head");

/** Holds the page's word against the server's, for each case. */
function compare(kind: string, act: string, may: (one: Case) => boolean) {
  const wrong = CASES.filter((one) => {
    const told = answer(kind, act, one);
    return !isUnforeseen(told, one) && may(one) !== changes(told);
  });
  expect(wrong.map((one) => `${one.name}: ${JSON.stringify(answer(kind, act, one))}`)).toEqual([]);
}

const full = ({ held }: Case) => (held?.level === "full" ? held.view : undefined);

test("who sees it whole is who may write a note there", () => {
  compare("note", "note", (one) => full(one) !== undefined);
});

test("who may put a tag on", () => {
  compare("tag", "refund", (one) => full(one) !== undefined);
  compare("tag", "vip", (one) => {
    const view = full(one);
    return view !== undefined && one.hand.supervises(view.head.team_id);
  });
});

test("where the composer is free a reply is taken, and why not is told the same", () => {
  const KINDS: Record<string, string> = {
    not_owner: "not_owner",
    window_closed: "closed",
    being_answered: "blocked",
  };
  const standing = (one: Case) => {
    const view = full(one);
    // The composer is not drawn where the customer is blocked.
    if (view === undefined || view.thread.block !== undefined) return undefined;
    const { lease } = one.scene;
    return standOf({ now: NOW, hand: one.hand, head: view.head, thread: view.thread, lease });
  };
  compare("reply", "reply", (one) => standing(one)?.kind === "free");
  for (const one of CASES) {
    const told = answer("reply", "reply", one);
    const kind = typeof told === "string" ? KINDS[told] : undefined;
    if (kind !== undefined) expect(standing(one)?.kind, one.name).toBe(kind);
  }
  compare("send", "place", (one) => {
    const view = full(one);
    return standing(one)?.kind === "free" && view?.thread.kind !== "group";
  });
});

test("who may claim", () => {
  compare("claim", "claim", ({ held, hand }) => held !== undefined && mayClaim(held, hand));
});

test("who may give it to somebody else", () => {
  compare("transfer", "to_sales", (one) => {
    const view = full(one);
    return (
      view !== undefined && view.thread.block === undefined && mayHandOver(view.head, one.hand)
    );
  });
  compare("unassign", "unassign", (one) => {
    const view = full(one);
    return view !== undefined && mayUnassign(view.head, one.hand);
  });
});

test("who may put it aside, and open it again", () => {
  const isElse = (status: Status["kind"]) => (one: Case) => {
    const view = full(one);
    return (
      view !== undefined && view.head.status.kind !== status && mayPutAside(view.head, one.hand)
    );
  };
  compare("resolve", "resolve", isElse("resolved"));
  compare("mark_waiting", "wait", isElse("waiting"));
  // To another time, it is snoozed again.
  compare("snooze", "snooze", isElse("resolved"));
  compare("reopen", "reopen", ({ held, hand }) => held?.level === "full" && mayReopen(held, hand));
});

test("who may block a customer, and let them write again", () => {
  const may = (isBlocked: boolean) => (one: Case) => {
    const view = full(one);
    if (view === undefined || (view.thread.block !== undefined) !== isBlocked) return false;
    return mayBlock(view.head, view.thread, one.hand);
  };
  compare("block", "block", may(false));
  compare("unblock", "unblock", may(true));
});

test("what is unconfirmed is sent again by who may answer, while the window is open", () => {
  compare("mark_sent", "unconfirmed", (one) => {
    const view = full(one);
    return view !== undefined && mayAnswer(view.head, one.hand);
  });
  compare("resend", "unconfirmed", (one) => {
    const view = full(one);
    const isComposed = one.scene.lease !== undefined && one.scene.lease.agent_id !== one.agent.id;
    if (view === undefined || view.thread.block !== undefined || isComposed) return false;
    return mayAnswer(view.head, one.hand) && isWindowOpen(view.thread, NOW);
  });
});

describe("what is done to several at once", () => {
  const support = Object.values(world.policies)[0]?.id ?? "";
  const sales = world.agents.find(({ name }) => name === "cleo")?.teams[0]?.team_id ?? "";
  const snooze = answersOf("snooze").acts.find(([act]) => act === "snooze")?.[1];
  const until = snooze?.type === "snooze" ? Date.parse(snooze.until) : 0;
  const agent = (name: string): Owner => ({ kind: "agent", id: idOf(name) });
  const queue = (id: string): Owner => ({ kind: "queue", id });
  const give = (to: Owner, isForced = false): Deed => ({ kind: "give", to, isForced });

  /** The deeds, and the acts of which one does the same. */
  const DEEDS: [string, (one: Case) => Deed, [string, string][]][] = [
    [
      "to Ben",
      () => give(agent("ben")),
      [
        ["assign", "to_ben"],
        ["transfer", "to_ben"],
      ],
    ],
    [
      "to Dan",
      () => give(agent("dan")),
      [
        ["assign", "to_dan"],
        ["transfer", "to_dan"],
      ],
    ],
    ["to Dan, above his limit", () => give(agent("dan"), true), [["assign", "to_dan_above"]]],
    ["to Sales", () => give(queue(sales)), [["transfer", "to_sales"]]],
    [
      "to Support",
      () => give(queue(support)),
      [
        ["unassign", "unassign"],
        ["transfer", "to_support"],
      ],
    ],
    ["to oneself", (one) => give({ kind: "agent", id: one.agent.id }), [["claim", "claim"]]],
    ["resolve", () => ({ kind: "resolve" }), [["resolve", "resolve"]]],
    ["snooze", () => ({ kind: "snooze", until }), [["snooze", "snooze"]]],
    ["follow", () => ({ kind: "follow" }), [["follow", "follow"]]],
  ];

  /** The answer to just this command; undefined where no table has it. */
  function toldOf(body: CommandBody, one: Case): string | Done | undefined {
    const act = answersOf(body.type).acts.find(([, of]) => isDeepStrictEqual(of, body));
    return act && answer(body.type, act[0], one);
  }

  test.each(DEEDS)("%s", (name, deedOf, acts) => {
    let played = 0;
    for (const one of CASES) {
      if (one.held === undefined) continue;
      const deed = deedOf(one);
      const [step] = planOf(deed, [{ id: "c", held: one.held }], one.hand);
      const told = acts.map(([kind, act]) => answer(kind, act, one));
      const words = `${one.name}: ${JSON.stringify(step)} but ${JSON.stringify(told)}`;
      const { command } = step ?? {};
      if (command === undefined) {
        // What is resolved is opened again by a claim: one by one, where it is read.
        if (step?.hindrance?.kind === "resolved" && acts[0]?.[0] === "claim") continue;
        expect(told.filter(changes), words).toEqual([]);
        continue;
      }
      const mine = toldOf(command, one);
      if (mine === undefined) {
        // To oneself, an owner or supervisor assigns: no table has each agent.
        expect([command.type, one.hand.supervises(one.scene.head.team_id)], words).toEqual([
          "assign",
          true,
        ]);
        continue;
      }
      if (isUnforeseen(mine, one)) continue;
      expect(changes(mine), words).toBe(true);
      played += 1;
      if (typeof mine === "string") continue;
      // And it stands where this page expects it, so that it can be taken back.
      const before = beforeOf(one.held);
      const owner = mine.owner === "author" ? { kind: "agent", id: one.agent.id } : mine.owner;
      const {
        owner_epoch = before.owner_epoch,
        team_id = before.team_id,
        status = before.status,
      } = mine;
      const after = { owner: owner ?? before.owner, owner_epoch, team_id, status };
      expect(standAfter(deed, before), words).toEqual(after);
    }
    // Dan has no room: nobody gives him more without wishing it so.
    expect(played > 0).toBe(name !== "to Dan");
  });
});

describe("what may be done with a line", () => {
  interface LineCase {
    line: Line;
    in?: "group";
    may: { quote: true | string; react: true | string; forward: true | string };
  }
  const { cases } = table<{ cases: LineCase[] }>("lines");

  /** What the server takes, and this page does not offer: there is nothing to see or to say. */
  function isBeneath({ kind, content, amended, author, status }: Line): boolean {
    if (content.erased === true || amended?.revoked !== undefined) return true;
    if (kind === "welcome_request" || kind === "call") return true;
    const isLeft = ["accepted", "sent", "delivered", "read", "played"].includes(status ?? "");
    const isWordless = ["reaction", "edit", "revocation", "unreadable"].includes(kind);
    return (author.kind !== "customer" && !isLeft) || isWordless;
  }
  const check = (of: "quote" | "react" | "forward", may: (one: LineCase) => boolean) => {
    const wrong = cases.filter((one) => {
      const isTaken = one.may[of] === true;
      if (may(one)) return !isTaken;
      return isTaken && !(of !== "forward" && isBeneath(one.line));
    });
    expect(wrong.map(({ line, may: told }) => `${line.kind} ${line.status}: ${told[of]}`)).toEqual(
      [],
    );
    expect(cases.filter(may).length).toBeGreaterThan(3);
    expect(cases.filter((one) => !may(one)).length).toBeGreaterThan(3);
  };

  test("which can be quoted", () => check("quote", ({ line }) => mayQuote(line)));
  test("which can be reacted to", () =>
    check("react", (one) => mayReact(one.line, one.in === "group")));
  test("which can be sent on", () =>
    check("forward", (one) => mayForward(one.line, one.in === "group")));
});

describe("what each fact changes", () => {
  interface FactCase {
    events: Event[];
    wants?: (string | { conversation: string })[];
    /** The parts of its row that are others, and the items of its lists. */
    changes?: { view?: Partial<View>; lines?: Line[]; notes?: Note[]; coaching?: CoachNote[] };
    /** All of it, where it was not held whole. */
    holds?: Snapshot | null;
  }
  const { before, cases } = table<{
    before: { snapshot: Snapshot };
    cases: Record<string, FactCase>;
  }>("facts");
  /** The snapshot with these parts and items in place of its own. */
  function changed(of: Snapshot, { view, ...lists }: NonNullable<FactCase["changes"]>): Snapshot {
    if (of.level !== "full") throw new Error("it is held whole");
    const joined = <T extends { id: string }>(old: T[] = [], fresh: T[] = []): T[] => [
      ...new Map([...old, ...fresh].map((item) => [item.id, item])).values(),
    ];
    return {
      ...of,
      view: { ...of.view, ...view },
      lines: joined(of.lines, lists.lines),
      notes: joined(of.notes, lists.notes),
      coaching: joined(of.coaching, lists.coaching),
    };
  }
  const headOf = (of: Snapshot) => (of.level === "head" ? of.head : of.view.head);

  /** What is held, as a snapshot would say it; what says nothing is left out. */
  function asSnapshot(held: Held | undefined): unknown {
    if (held?.level !== "full") return held;
    const { view, lines } = held;
    if (lines === undefined) throw new Error("its lines are held");
    const { changes: _changes, ...rest } = lines;
    return said({ level: "full", view, ...rest });
  }
  function said(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(said);
    if (typeof value !== "object" || value === null) return value;
    const isNothing = (one: unknown) =>
      one === null || one === undefined || (Array.isArray(one) && one.length === 0);
    // What happens by itself decides nothing here: it is not kept.
    const fields = Object.entries(value).filter(
      ([name, one]) => name !== "clocks" && !isNothing(one),
    );
    return Object.fromEntries(fields.map(([name, one]) => [name, said(one)]));
  }

  function feedBefore(): Feed {
    const feed = empty();
    const [agent, epoch] = [idOf("ana"), "00000000-0000-0000-0000-000000000007"];
    const timings = {} as never;
    const cursor = `${epoch}:100`;
    apply(feed, {
      type: "welcome",
      cursor,
      epoch,
      agent_id: agent,
      timings,
      server_time: world.at.now,
    });
    apply(feed, { type: "reset", reason: "no_cursor", upto: 100, after_ms: 0 });
    endLoading(feed, true);
    applyConversation(feed, headOf(before.snapshot).id, before.snapshot);
    return feed;
  }

  test.each(Object.entries(cases))("%s", (_name, { events, wants = [], changes, holds }) => {
    const feed = feedBefore();
    const upto = 100 + events.length;
    // Settings are kept beside conversations, and ask for nothing.
    const told = apply(feed, { type: "events", after: 100, upto, events });
    const asked = told.filter((want) => want.kind !== "setting");
    expect(
      asked.map((want) => (want.kind === "conversation" ? { conversation: want.id } : want.kind)),
    ).toEqual(wants);
    const id = events[0]?.conversation_id ?? headOf(before.snapshot).id;
    const isHeld = id === headOf(before.snapshot).id;
    const stays = isHeld ? before.snapshot : undefined;
    const expected = changes === undefined ? (holds ?? stays) : changed(before.snapshot, changes);
    expect(asSnapshot(feed.held.get(id))).toEqual(said(expected));
  });
});
