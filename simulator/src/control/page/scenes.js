// Scenes to play: each says its steps in one line, sees by itself when one happened, and ends so.
// A step that only a desk shows has a button, or is over as soon as a later one is.

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** How long the status that proves a send takes here, ms. */
const PROOF_MS = 12_000;
const span = (ms) => ({ min_ms: ms, max_ms: ms });
/** How many of the rush are to be answered. */
const FEW = 3;

const answers = ({ reached }) => reached.filter(({ type }) => type !== "reaction");

export const SCENES = [
  {
    id: "agents",
    title: "Two agents, one customer",
    name: "Lucía",
    begin: (stage) => stage.says("Can you deliver before Friday?"),
    steps: [
      { text: (name) => `Open ${name} at both desks. In the first, write something, and do not send it.` },
      {
        text: () => "In the second, write as well: you read who is replying. Take over, and send.",
        seen: (stage) => answers(stage).length >= 1,
      },
      {
        text: () => "In the first, your text is still there, below the answer you did not know. Send it, or let it go.",
        seen: (stage) => answers(stage).length >= 2,
        done: "I let it go",
      },
    ],
    end: (name) => `Seen: nobody answered ${name} without knowing of the other.`,
  },
  {
    id: "crossing",
    title: "Answers that cross",
    name: "Marco",
    begin: async (stage) => {
      await stage.knobs({ faults: [{ when: "always", fault: { kind: "maintenance" } }] });
      await stage.says("Do you have the blue one?");
    },
    steps: [
      { text: (name) => `WhatsApp takes no message just now. Answer ${name} at a desk: the answer waits.` },
      {
        text: (name) => `Then let ${name} write again, before the answer has left.`,
        act: {
          text: (name) => `${name} writes again`,
          run: async (stage) => {
            await stage.says("Sorry, I meant the red one.");
            await stage.knobs({ faults: [] });
          },
        },
        seen: (stage) => stage.written >= 2,
      },
      {
        text: () => "The answer was held. Press Review: you see what it missed, then decide.",
        seen: (stage) => answers(stage).length >= 1,
        done: "I discarded it",
      },
    ],
    end: () => "Seen: no answer leaves that missed a question, unless somebody wants it to.",
    over: (stage) => stage.knobs({ faults: [] }),
  },
  {
    id: "dark",
    title: "Sent into the dark",
    name: "Noor",
    begin: async (stage) => {
      await stage.knobs({
        lost_answers: { probability: 1, how: "drop" },
        status_delay: span(PROOF_MS),
      });
      await stage.says("Is my bike ready?");
    },
    steps: [
      {
        text: (name) => `WhatsApp's answers are lost on the way. Reply to ${name} at a desk.`,
        seen: (stage) => stage.reached.some(({ answered }) => !answered),
      },
      {
        text: (name) => `${name} has it, and the desk cannot know: it does not say sent, and sends nothing twice.`,
        seen: (stage) => stage.passed("noticed", MINUTE_MS / 12, stage.reached.some(({ answered }) => !answered)),
      },
      {
        text: () => "WhatsApp's status comes late and proves it. The ticks appear by themselves.",
        seen: (stage) => stage.reached.some(({ answered, wamid }) => !answered && stage.proven.has(wamid)),
      },
    ],
    end: () => "Seen: not known is said as not known, until it is proven.",
    over: (stage) => stage.knobs({ lost_answers: null, status_delay: span(0) }),
  },
  {
    id: "window",
    title: "The window runs out",
    name: "Elif",
    begin: (stage) => {
      const timestamp = String(Math.floor((Date.now() - DAY_MS + MINUTE_MS) / 1_000));
      return stage.tells({ type: "text", text: { body: "Thanks, and when can I fetch it?" }, timestamp });
    },
    steps: [
      { text: (name) => `${name} wrote a day ago, less a minute. Open the conversation and begin an answer.` },
      {
        text: () => "Wait: when the 24 hours end your text stays, and templates are offered in place of it.",
        seen: (stage) => stage.passed("ended", MINUTE_MS, true),
      },
      {
        text: () => "Choose a template, fill its blanks, and send it.",
        seen: (stage) => stage.reached.some(({ type }) => type === "template"),
      },
    ],
    end: () => "Seen: after 24 hours only templates may be sent, and no draft is lost.",
  },
  {
    id: "rush",
    title: "Monday rush",
    name: undefined,
    begin: (stage) => stage.rush(),
    steps: [
      { text: () => "Forty customers wrote. Open the board as Sofia: who waits, who is there, how full they are.", done: "I see them" },
      { text: () => "Press long on some that wait, choose more, and move them to a colleague. Undo takes it back.", done: "Moved" },
      {
        text: (_name, stage) => `Answer ${FEW} of them at any desk: ${Math.min(FEW, answers(stage).length)} so far.`,
        seen: (stage) => answers(stage).length >= FEW,
      },
    ],
    end: () => "Seen: each has one owner, and the longest wait stands first.",
  },
];

/** A scene that is played: which steps are over. */
export class Play {
  constructor(scene, stage) {
    this.scene = scene;
    this.stage = stage;
    this.done = scene.steps.map(() => false);
  }
  /** The first step that is not over; undefined when the scene is. */
  get at() {
    const at = this.done.indexOf(false);
    return at < 0 ? undefined : at;
  }
  /** Looks what happened. A step that was seen is the end of those before it. */
  look() {
    this.scene.steps.forEach(({ seen }, n) => {
      const isEarly = n > (this.at ?? n);
      const before = this.scene.steps.slice(this.at ?? n, n);
      // What only a desk shows is passed over; what is seen here must be seen.
      if (this.done[n] || seen === undefined || (isEarly && before.some((one) => one.seen !== undefined))) return;
      if (seen(this.stage)) this.done.fill(true, 0, n + 1);
    });
    return this.at === undefined;
  }
  /** A person says that a step is over. */
  say(n) {
    this.done.fill(true, 0, n + 1);
  }
}
