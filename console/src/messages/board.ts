// The board of supervisors, in all languages at once: whether people would hear of something, and
// what somebody has to act on.

import type { Verdict } from "../protocol.ts";
import type { Language } from "./index.svelte.ts";
import { counted, plural } from "./plural.ts";

export interface BoardWords {
  offers: string;
  offered: (count: number) => string;
  alerts: string;
  verdicts: Record<Verdict, string>;
  notResponding: string;
  brake: (time: string, fallen: number, of: number) => string;
  nobody: (team: string) => string;
  orphans: (team: string, count: number) => string;
  late: (team: string, count: number) => string;
}

const enC = counted("en");
const enN = plural("en");
const en: BoardWords = {
  offers: "Offers out",
  offered: (count) => `${enC(count)} offered`,
  alerts: "Needs you",
  verdicts: {
    here: "at a device",
    push: "reached by push",
    connected: "console open, nobody there",
    unsure: "perhaps reached",
    unreachable: "not reachable",
  },
  notResponding: "missed two in a row",
  brake: (time, fallen, of) =>
    `Brake on since ${time}: ${enC(fallen)} of ${enC(of)} people fell silent at once. Nobody loses anything for it, and only people at a device, or whose phone rang since, are asked.`,
  nobody: (team) => `${team}: nobody is available and can be reached.`,
  orphans: (team, count) =>
    enN(count, {
      one: `${team}: 1 conversation lost its owner and waits for another.`,
      other: `${team}: ${enC(count)} conversations lost their owner and wait for another.`,
    }),
  late: (team, count) =>
    enN(count, {
      one: `${team}: 1 customer has waited for too long.`,
      other: `${team}: ${enC(count)} customers have waited for too long.`,
    }),
};

const esC = counted("es");
const esN = plural("es");
const es: BoardWords = {
  offers: "Ofertas abiertas",
  offered: (count) => esN(count, { one: "1 ofrecida", other: `${esC(count)} ofrecidas` }),
  alerts: "Te necesita",
  verdicts: {
    here: "en un dispositivo",
    push: "le llegan avisos",
    connected: "consola abierta, nadie delante",
    unsure: "quizá le lleguen avisos",
    unreachable: "no localizable",
  },
  notResponding: "no respondió dos veces seguidas",
  brake: (time, fallen, of) =>
    `Freno puesto desde ${time}: ${esC(fallen)} de ${esC(of)} personas dejaron de responder a la vez. Nadie pierde nada por ello, y solo se pregunta a quien está en un dispositivo o cuyo teléfono ha sonado desde entonces.`,
  nobody: (team) => `${team}: nadie está disponible y localizable.`,
  orphans: (team, count) =>
    esN(count, {
      one: `${team}: 1 conversación se quedó sin responsable y espera a otro.`,
      other: `${team}: ${esC(count)} conversaciones se quedaron sin responsable y esperan a otro.`,
    }),
  late: (team, count) =>
    esN(count, {
      one: `${team}: 1 cliente lleva demasiado tiempo esperando.`,
      other: `${team}: ${esC(count)} clientes llevan demasiado tiempo esperando.`,
    }),
};

const ptC = counted("pt");
const ptN = plural("pt");
const pt: BoardWords = {
  offers: "Ofertas em aberto",
  offered: (count) => ptN(count, { one: "1 oferecida", other: `${ptC(count)} oferecidas` }),
  alerts: "Precisa de si",
  verdicts: {
    here: "num dispositivo",
    push: "recebe avisos",
    connected: "consola aberta, sem ninguém",
    unsure: "talvez receba avisos",
    unreachable: "não contactável",
  },
  notResponding: "não respondeu duas vezes seguidas",
  brake: (time, fallen, of) =>
    `Travão ligado desde ${time}: ${ptC(fallen)} de ${ptC(of)} pessoas ficaram em silêncio ao mesmo tempo. Ninguém perde nada por isso, e só se pergunta a quem está num dispositivo ou cujo telefone tocou desde então.`,
  nobody: (team) => `${team}: ninguém está disponível e contactável.`,
  orphans: (team, count) =>
    ptN(count, {
      one: `${team}: 1 conversa ficou sem responsável e espera por outro.`,
      other: `${team}: ${ptC(count)} conversas ficaram sem responsável e esperam por outro.`,
    }),
  late: (team, count) =>
    ptN(count, {
      one: `${team}: 1 cliente espera há demasiado tempo.`,
      other: `${team}: ${ptC(count)} clientes esperam há demasiado tempo.`,
    }),
};

const arC = counted("ar-u-nu-latn");
const ar: BoardWords = {
  offers: "عروض قائمة",
  offered: (count) => `معروضة: ${arC(count)}`,
  alerts: "يحتاج إليك",
  verdicts: {
    here: "على جهاز",
    push: "تصله الإشعارات",
    connected: "الصفحة مفتوحة ولا أحد أمامها",
    unsure: "ربما تصله الإشعارات",
    unreachable: "لا يمكن الوصول إليه",
  },
  notResponding: "لم يُجب مرتين متتاليتين",
  brake: (time, fallen, of) =>
    `الكابح مفعّل منذ ${time}: انقطع ${arC(fallen)} من ${arC(of)} في آن واحد. لا يفقد أحد شيئًا بسببه، ولا يُسأل إلا من هو على جهاز أو رنّ هاتفه منذ ذلك.`,
  nobody: (team) => `${team}: لا أحد متاح ويمكن الوصول إليه.`,
  orphans: (team, count) => `${team}: محادثات بقيت بلا مسؤول وتنتظر آخر: ${arC(count)}.`,
  late: (team, count) => `${team}: عملاء طال انتظارهم: ${arC(count)}.`,
};

export const boardWords: Record<Language, BoardWords> = { en, es, pt, ar };
