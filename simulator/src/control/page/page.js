// Customers and their phones: what they write and what reaches them, asked for twice a second.

import { Play, SCENES } from "./scenes.js";

const POLL_MS = 500;
/** Beyond so many the first ones are left out of the page. */
const PHONES_MAX = 60;
const LINES_MAX = 200;
const DAY_MS = 24 * 3_600_000;
const RUSH = 40;

const at = (id) => document.getElementById(id);
/** An element with properties; its children are elements or plain text, never markup. */
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

async function ask(method, path, body) {
  const headers = body === undefined ? {} : { "content-type": "application/json" };
  const sent = body === undefined ? undefined : JSON.stringify(body);
  const answer = await fetch(`control${path}`, { method, headers, body: sent });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.error ?? `the simulator answered ${answer.status}`);
  return said;
}

const tell = (text) => at("told").replaceChildren(text);
/** Does it, and says what went wrong. */
const tried = (act) => async (event) => {
  event?.preventDefault();
  try {
    await act(event);
  } catch (error) {
    tell(`That did not work: ${error.message}`);
  }
};

/** Phones by each id of their customers. */
const phones = new Map();
let made = 0;

function phoneOf(person) {
  const ids = [person.wa_id, person.user_id].filter((id) => id != null);
  const known = ids.map((id) => phones.get(id)).find((phone) => phone !== undefined);
  const phone = known ?? begin(person);
  for (const id of ids) phones.set(id, phone);
  return phone;
}

function begin(person) {
  const lines = make("div", { className: "lines", tabIndex: 0 });
  const field = make("input", { placeholder: "Message", maxLength: 4096, autocomplete: "off" });
  field.setAttribute("aria-label", `Message of ${person.name}`);
  const form = make("form", {}, field, make("button", {}, "Send"));
  const name = person.name || person.username || person.wa_id || person.user_id;
  const root = make("section", { className: "phone" }, make("h2", {}, name), lines, form);
  root.dataset.testid = `phone-${name}`;
  lines.setAttribute("aria-label", `What ${name} sees`);
  const phone = { person, root, lines, seen: new Set() };
  form.onsubmit = tried(async () => {
    const text = field.value;
    if (text.trim() === "") return;
    await ask("POST", "/messages", { from: person, text });
    field.value = "";
    await look();
  });
  at("phones").prepend(root);
  made += 1;
  while (made > PHONES_MAX) {
    at("phones").lastElementChild?.remove();
    made -= 1;
  }
  return phone;
}

function show(phone, { wamid, at_ms, isMine, text, taps }) {
  if (phone.seen.has(wamid)) return;
  phone.seen.add(wamid);
  const clock = new Date(at_ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const line = make("div", { className: isMine ? "line mine" : "line" }, text);
  line.append(make("span", { className: "time" }, clock));
  if (taps.length > 0) {
    const buttons = taps.map(({ id, title }) => {
      const inbound = { kind: "tap", wamid, id };
      const tap = tried(() => ask("POST", "/messages", { from: phone.person, inbound }));
      return make("button", { type: "button", onclick: tap }, title);
    });
    line.append(make("div", { className: "taps" }, ...buttons));
  }
  phone.lines.append(line);
  while (phone.lines.childElementCount > LINES_MAX) phone.lines.firstElementChild?.remove();
  phone.lines.scrollTop = phone.lines.scrollHeight;
}

/** A message in words, whatever its kind. */
function words(kind, body) {
  const of = body ?? {};
  if (kind === "text") return of.body ?? "";
  if (kind === "reaction") return `reacted ${of.emoji || "no more"}`;
  if (kind === "interactive") {
    const tapped = of.button_reply ?? of.list_reply;
    return tapped?.title ?? of.body?.text ?? "[interactive]";
  }
  if (kind === "button") return of.text ?? "[button]";
  if (kind === "location") return `[place] ${of.name ?? `${of.latitude}, ${of.longitude}`}`;
  if (kind === "template") return `[template] ${of.name}`;
  const more = [of.filename, of.caption].filter(Boolean).join(" · ");
  return `[${kind}]${more === "" ? "" : ` ${more}`}`;
}

function tapsOf(kind, body) {
  if (kind !== "interactive") return [];
  const rows = (body?.action?.sections ?? []).flatMap(({ rows }) => rows ?? []);
  const buttons = (body?.action?.buttons ?? []).map(({ reply }) => reply).filter(Boolean);
  return [...buttons, ...rows];
}

const next = { written: 0, reached: 0, acknowledged: 0 };
let looking = Promise.resolve();
/** One look at a time: what is asked for from here on is what the one before did not have. */
const look = () => (looking = looking.catch(() => undefined).then(lookOnce));

async function lookOnce() {
  const [written, reached, acknowledged] = await Promise.all([
    ask("GET", `/written?since=${next.written}`),
    ask("GET", `/reached?since=${next.reached}`),
    ask("GET", `/acknowledged?since=${next.acknowledged}`),
  ]);
  next.acknowledged += acknowledged.length;
  scene?.stage.happened(written, reached, acknowledged);
  const news = [
    ...written.map(({ from, message, ...one }) => {
      const text = words(message.type, message[message.type]);
      return { ...one, phone: () => phoneOf(from), isMine: true, text, taps: [] };
    }),
    ...reached.map(({ to, type, body, ...one }) => {
      const person = { [/^\d+$/.test(to) ? "wa_id" : "user_id"]: to, name: "" };
      const text = words(type, body);
      return { ...one, phone: () => phoneOf(person), isMine: false, text, taps: tapsOf(type, body) };
    }),
  ];
  news.sort((a, b) => a.at_ms - b.at_ms || Number(b.isMine) - Number(a.isMine));
  for (const one of news) show(one.phone(), one);
  next.written = (written.at(-1)?.order ?? next.written - 1) + 1;
  next.reached += reached.length;
}

let isAway = false;
async function follow() {
  try {
    await look();
    await playOn();
    if (isAway) tell("");
    isAway = false;
  } catch {
    if (!isAway) tell("The simulator is not there. Is the demo still running?");
    isAway = true;
  }
  setTimeout(follow, POLL_MS);
}

async function showDesks() {
  const desks = await ask("GET", "/desks");
  for (const { name, role, url, login } of desks) {
    const who = url === null ? make("b", {}, name) : make("a", { href: url, target: "_blank", rel: "noopener" }, name);
    const how = url === null ? `${role}, in another browser or a private window` : role;
    const parts = login.map((part) => make("code", {}, part));
    at("desks").append(make("div", { className: "desk" }, who, make("span", { className: "time" }, how), ...parts));
  }
}

async function showFaults() {
  const { lost_answers, webhook_delay, auto_read } = await ask("GET", "/knobs");
  at("lose").checked = lost_answers !== null;
  at("reads").checked = auto_read;
  const delay = String(webhook_delay.min_ms);
  if ([...at("delay").options].some(({ value }) => value === delay)) at("delay").value = delay;
  mark();
}
const mark = () => at("delay").classList.toggle("on", at("delay").value !== "0");

at("lose").onchange = tried(async ({ target }) => {
  const lost_answers = target.checked ? { probability: 1, how: "drop" } : null;
  await ask("PATCH", "/knobs", { lost_answers });
});
at("reads").onchange = tried(({ target }) => ask("PATCH", "/knobs", { auto_read: target.checked }));
at("delay").onchange = tried(async ({ target }) => {
  mark();
  const ms = Number(target.value);
  const span = { min_ms: ms, max_ms: ms };
  await ask("PATCH", "/knobs", { webhook_delay: span, answer_delay: span, status_delay: span });
});
at("day").onclick = tried(async () => {
  await ask("POST", "/clock", { advance_ms: DAY_MS });
  tell("At WhatsApp it is a day later: windows that were open have closed.");
});

const FIRST = ["Lena", "Omar", "Inés", "Paul", "Aiko", "Rosa", "Niko", "Dua"];
const ASKED = ["Is my order ready?", "¿Abrís el sábado?", "Can I return this?", "Wo ist mein Paket?"];
const pick = (list, n) => list[n % list.length];
/** Numbers of nobody: beside those that the demo and its tests use. */
let numbers = 34_690_000_000 + Math.floor(Math.random() * 900_000);
const number = () => String((numbers += 1));

at("rush").onclick = tried(async () => {
  await rush();
  tell(`${RUSH} customers wrote.`);
});
async function rush() {
  const ids = [];
  for (let n = 0; n < RUSH; n += 1) {
    const from = { wa_id: number(), name: `${pick(FIRST, n)} ${n + 1}` };
    ids.push(from.wa_id);
    await ask("POST", "/messages", { from, text: pick(ASKED, n) });
  }
  return ids;
}

// Scenes.

/** What a scene does with its customers, and what became of that. */
class Stage {
  constructor(name) {
    this.person = { wa_id: number(), name: name ?? "" };
    this.ids = new Set(name === undefined ? [] : [this.person.wa_id]);
    this.reached = [];
    this.written = 0;
    this.proven = new Set();
    this.since = new Map();
  }
  says = (text) => ask("POST", "/messages", { from: this.person, text });
  tells = (message) => ask("POST", "/messages", { from: this.person, message });
  knobs = async (patch) => {
    await ask("PATCH", "/knobs", patch);
    await showFaults();
  };
  rush = async () => {
    for (const id of await rush()) this.ids.add(id);
  };
  happened(written, reached, acknowledged) {
    this.written += written.filter(({ from }) => this.ids.has(from.wa_id)).length;
    this.reached.push(...reached.filter(({ to }) => this.ids.has(to)));
    for (const { updates } of acknowledged) {
      for (const { id, status } of updates) if (status !== null) this.proven.add(id);
    }
  }
  /** Whether so long has passed since something was so for the first time. */
  passed(what, ms, isSo) {
    if (!isSo) return false;
    if (!this.since.has(what)) this.since.set(what, Date.now());
    return Date.now() - this.since.get(what) >= ms;
  }
}

let scene;
const choices = SCENES.map((one) => {
  const button = make("button", { type: "button", onclick: tried(() => beginScene(one)) }, one.title);
  button.dataset.testid = `scene-${one.id}`;
  button.setAttribute("aria-pressed", "false");
  at("choices").append(button);
  return [one.id, button];
});
function pressed(id) {
  for (const [of, button] of choices) button.setAttribute("aria-pressed", String(of === id));
}

async function beginScene(one) {
  await endScene();
  const stage = new Stage(one.name);
  // What happens from here on is part of it, also while it begins.
  scene = new Play(one, stage);
  pressed(one.id);
  await one.begin(stage);
  await look();
  showScene();
}

async function endScene() {
  const ended = scene;
  scene = undefined;
  pressed(undefined);
  at("play").hidden = true;
  await ended?.scene.over?.(ended.stage);
}

/** What the panel shows, to draw it only when that changed: a button stays under the hand. */
let drawn = "";
function showScene() {
  const { scene: one, stage, done } = scene;
  const { name } = stage.person;
  const now = scene.at;
  const lines = one.steps.map((step) => step.text(name, stage));
  const told = JSON.stringify([one.id, done, lines]);
  if (told === drawn && !at("play").hidden) return;
  drawn = told;
  const list = make("ol");
  one.steps.forEach((step, n) => {
    const line = make("li", { className: done[n] ? "done" : n === now ? "now" : "" }, lines[n]);
    line.dataset.testid = `step-${n + 1}`;
    list.append(line);
  });
  const step = one.steps[now];
  const follows = one.steps.slice((now ?? 0) + 1).find(({ act }) => act !== undefined);
  const act = step?.act ?? (step?.seen === undefined ? follows?.act : undefined);
  const buttons = [];
  const button = (text, testid, run) => {
    const made = make("button", { type: "button", onclick: tried(run) }, text);
    made.dataset.testid = testid;
    buttons.push(made);
  };
  if (act !== undefined) button(act.text(name), "step-act", () => act.run(stage));
  if (step?.done !== undefined) {
    button(step.done, "step-done", () => {
      scene?.say(now);
      return playOn();
    });
  }
  button("End the scene", "scene-end", endScene);
  at("play").replaceChildren(make("b", {}, one.title), list, ...buttons);
  at("play").hidden = false;
}

async function playOn() {
  if (scene === undefined) return;
  const { scene: one, stage } = scene;
  if (!scene.look()) {
    showScene();
    return;
  }
  await endScene();
  tell(one.end(stage.person.name));
}

at("new").onsubmit = tried(() => {
  const name = at("name").value.trim();
  if (name === "") return;
  phoneOf({ wa_id: number(), name }).root.querySelector("input").focus();
  at("name").value = "";
});

await tried(showDesks)();
await tried(showFaults)();
await follow();
if (phones.size === 0) phoneOf({ wa_id: number(), name: "Marta" });
