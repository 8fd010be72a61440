// Made from words/board.words by words/words.mjs; not edited by hand.

import type { Language } from "./index.svelte.ts";
import { isolate } from "./isolate.ts";
import { counted, plural } from "./plural.ts";

const nEn = plural("en");
const cEn = counted("en");

const en = {
  offers: "Offers out",
  offered: (count: number) => `${cEn(count)} offered`,
  alerts: "Needs you",
  notResponding: "missed two in a row",
  brake: (time: string, fallen: number, of: number) => `Brake on since ${time}: ${cEn(fallen)} of ${cEn(of)} people fell silent at once. Nobody loses anything for it, and only people at a device, or whose phone rang since, are asked.`,
  nobody: (team: string) => `${team}: nobody is available and can be reached.`,
  orphans: (team: string, count: number) => nEn(count, { one: `${team}: ${cEn(count)} conversation lost its owner and waits for another.`, other: `${team}: ${cEn(count)} conversations lost their owner and wait for another.` }),
  late: (team: string, count: number) => nEn(count, { one: `${team}: ${cEn(count)} customer has waited for too long.`, other: `${team}: ${cEn(count)} customers have waited for too long.` }),
  verdicts: {
    here: "at a device",
    push: "reached by push",
    connected: "console open, nobody there",
    unsure: "perhaps reached",
    unreachable: "not reachable",
  },
};

export type BoardWords = typeof en;

const nEs = plural("es");
const cEs = counted("es");

const es: BoardWords = {
  offers: "Ofertas abiertas",
  offered: (count: number) => nEs(count, { one: `${cEs(count)} ofrecida`, other: `${cEs(count)} ofrecidas` }),
  alerts: "Te necesita",
  notResponding: "no respondió dos veces seguidas",
  brake: (time: string, fallen: number, of: number) => `Freno puesto desde ${time}: ${cEs(fallen)} de ${cEs(of)} personas dejaron de responder a la vez. Nadie pierde nada por ello, y solo se pregunta a quien está en un dispositivo o cuyo teléfono ha sonado desde entonces.`,
  nobody: (team: string) => `${team}: nadie está disponible y localizable.`,
  orphans: (team: string, count: number) => nEs(count, { one: `${team}: ${cEs(count)} conversación se quedó sin responsable y espera a otro.`, other: `${team}: ${cEs(count)} conversaciones se quedaron sin responsable y esperan a otro.` }),
  late: (team: string, count: number) => nEs(count, { one: `${team}: ${cEs(count)} cliente lleva demasiado tiempo esperando.`, other: `${team}: ${cEs(count)} clientes llevan demasiado tiempo esperando.` }),
  verdicts: {
    here: "en un dispositivo",
    push: "le llegan avisos",
    connected: "consola abierta, nadie delante",
    unsure: "quizá le lleguen avisos",
    unreachable: "no localizable",
  },
};

const nPt = plural("pt");
const cPt = counted("pt");

const pt: BoardWords = {
  offers: "Ofertas em aberto",
  offered: (count: number) => nPt(count, { one: `${cPt(count)} oferecida`, other: `${cPt(count)} oferecidas` }),
  alerts: "Precisa de si",
  notResponding: "não respondeu duas vezes seguidas",
  brake: (time: string, fallen: number, of: number) => `Travão ligado desde ${time}: ${cPt(fallen)} de ${cPt(of)} pessoas ficaram em silêncio ao mesmo tempo. Ninguém perde nada por isso, e só se pergunta a quem está num dispositivo ou cujo telefone tocou desde então.`,
  nobody: (team: string) => `${team}: ninguém está disponível e contactável.`,
  orphans: (team: string, count: number) => nPt(count, { one: `${team}: ${cPt(count)} conversa ficou sem responsável e espera por outro.`, other: `${team}: ${cPt(count)} conversas ficaram sem responsável e esperam por outro.` }),
  late: (team: string, count: number) => nPt(count, { one: `${team}: ${cPt(count)} cliente espera há demasiado tempo.`, other: `${team}: ${cPt(count)} clientes esperam há demasiado tempo.` }),
  verdicts: {
    here: "num dispositivo",
    push: "recebe avisos",
    connected: "consola aberta, sem ninguém",
    unsure: "talvez receba avisos",
    unreachable: "não contactável",
  },
};

const cAr = counted("ar-u-nu-latn");

const ar: BoardWords = {
  offers: "عروض قائمة",
  offered: (count: number) => `معروضة: ${cAr(count)}`,
  alerts: "يحتاج إليك",
  notResponding: "لم يُجب مرتين متتاليتين",
  brake: (time: string, fallen: number, of: number) => `الكابح مفعّل منذ ${isolate(time)}: انقطع ${cAr(fallen)} من ${cAr(of)} في آن واحد. لا يفقد أحد شيئًا بسببه، ولا يُسأل إلا من هو على جهاز أو رنّ هاتفه منذ ذلك.`,
  nobody: (team: string) => `${isolate(team)}: لا أحد متاح ويمكن الوصول إليه.`,
  orphans: (team: string, count: number) => `${isolate(team)}: محادثات بقيت بلا مسؤول وتنتظر آخر: ${cAr(count)}.`,
  late: (team: string, count: number) => `${isolate(team)}: عملاء طال انتظارهم: ${cAr(count)}.`,
  verdicts: {
    here: "على جهاز",
    push: "تصله الإشعارات",
    connected: "الصفحة مفتوحة ولا أحد أمامها",
    unsure: "ربما تصله الإشعارات",
    unreachable: "لا يمكن الوصول إليه",
  },
};

export const boardWords: Record<Language, BoardWords> = { en, es, pt, ar };
