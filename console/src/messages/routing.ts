// Who is asked to take what waits, in all languages at once: the offer, and why somebody was asked.

import type { Choice, OfferEnd, PassedOver } from "../protocol.ts";
import type { Language } from "./index.svelte.ts";

export interface RoutingWords {
  offered: (customer: string) => string;
  accept: string;
  decline: string;
  left: (seconds: number) => string;
  tooLate: string;
  whyOf: (customer: string) => string;
  none: string;
  given: (name: string) => string;
  nobody: string;
  again: string;
  moved: (team: string) => string;
  onCall: string;
  step: (number: number) => string;
  leftOut: string;
  more: (count: number) => string;
  choose: Record<Choice, string>;
  ends: Record<OfferEnd, string>;
  reasons: Record<PassedOver, string>;
  priority: { title: string; hint: string; reason: string; save: string; set: string };
}

const en: RoutingWords = {
  offered: (customer) => `${customer} waits. Do you take it?`,
  accept: "Accept",
  decline: "Decline",
  left: (seconds) => `${seconds} s left`,
  tooLate: "This offer is over.",
  whyOf: (customer) => `Who was asked to take ${customer}`,
  none: "Nobody was asked: somebody takes it from the queue.",
  given: (name) => `Given to ${name}`,
  nobody: "Nobody could be asked. The whole team was called.",
  again: "Still nobody. The supervisors were told again.",
  moved: (team) => `It goes to another team: ${team}`,
  onCall: "on call",
  step: (number) => `step ${number}`,
  leftOut: "Not asked",
  more: (count) => `and ${count} more`,
  choose: {
    longest_idle: "Idle longest",
    round_robin: "In turn",
    least_loaded: "Least to do",
    priority: "By the list",
    random: "By chance",
  },
  ends: {
    accepted: "accepted",
    declined: "declined",
    missed: "did not answer",
    not_received: "no device had it",
    withdrawn: "withdrawn",
  },
  reasons: {
    inactive: "left",
    not_in_team: "not in the team",
    off_shift: "not at work now",
    away: "away",
    busy: "busy",
    bot: "a bot that no step names",
    not_responding: "missed two in a row",
    braked: "held back by the brake",
    no_device: "no device that shows offers",
    unreachable: "not reachable",
    not_named: "the step names others",
    skill: "lacks a skill",
    language: "does not speak the language",
    full: "no room",
    offers_out: "asked for others",
    declined: "said no",
    missed: "did not answer this one",
    not_received: "no device had this one",
    former_owner: "lost it and did nothing since",
    excluded: "left out by the team",
    not_chosen: "somebody else came first",
  },
  priority: {
    title: "How urgent is it?",
    hint: "What is urgent goes before everything else in the queue, high priority before what came half an hour earlier.",
    reason: "Why?",
    save: "Save",
    set: "The priority was changed",
  },
};

const es: RoutingWords = {
  offered: (customer) => `${customer} espera. ¿Lo coges?`,
  accept: "Aceptar",
  decline: "Rechazar",
  left: (seconds) => `Quedan ${seconds} s`,
  tooLate: "Esta oferta ya terminó.",
  whyOf: (customer) => `A quién se le ofreció ${customer}`,
  none: "No se le ofreció a nadie: alguien lo coge de la cola.",
  given: (name) => `Para ${name}`,
  nobody: "No había a quién ofrecerlo. Se avisó a todo el equipo.",
  again: "Sigue sin haber nadie. Se avisó otra vez a los supervisores.",
  moved: (team) => `Pasa a otro equipo: ${team}`,
  onCall: "de guardia",
  step: (number) => `paso ${number}`,
  leftOut: "A quién no",
  more: (count) => `y ${count} más`,
  choose: {
    longest_idle: "Quien lleva más tiempo libre",
    round_robin: "Por turnos",
    least_loaded: "Quien tiene menos",
    priority: "Según la lista",
    random: "Al azar",
  },
  ends: {
    accepted: "aceptado",
    declined: "rechazado",
    missed: "no respondió",
    not_received: "no llegó a ningún dispositivo",
    withdrawn: "retirado",
  },
  reasons: {
    inactive: "ya no está",
    not_in_team: "no es del equipo",
    off_shift: "fuera de su horario",
    away: "ausente",
    busy: "ocupado",
    bot: "un bot que ningún paso nombra",
    not_responding: "no respondió dos veces seguidas",
    braked: "retenido por el freno",
    no_device: "ningún dispositivo que muestre ofertas",
    unreachable: "no localizable",
    not_named: "el paso nombra a otros",
    skill: "le falta una habilidad",
    language: "no habla el idioma",
    full: "sin sitio",
    offers_out: "tiene otras ofertas",
    declined: "dijo que no",
    missed: "no respondió a esta",
    not_received: "ningún dispositivo la recibió",
    former_owner: "la perdió y no ha hecho nada desde entonces",
    excluded: "el equipo lo excluye",
    not_chosen: "otra persona iba antes",
  },
  priority: {
    title: "¿Cuánta prisa tiene?",
    hint: "Lo urgente va antes que todo lo demás en la cola; la prioridad alta, antes de lo que llegó media hora antes.",
    reason: "¿Por qué?",
    save: "Guardar",
    set: "Se cambió la prioridad",
  },
};

const pt: RoutingWords = {
  offered: (customer) => `${customer} espera. Você pega?`,
  accept: "Aceitar",
  decline: "Recusar",
  left: (seconds) => `Restam ${seconds} s`,
  tooLate: "Esta oferta já acabou.",
  whyOf: (customer) => `A quem se ofereceu ${customer}`,
  none: "Não se ofereceu a ninguém: alguém pega da fila.",
  given: (name) => `Para ${name}`,
  nobody: "Não havia a quem oferecer. Toda a equipe foi avisada.",
  again: "Ainda não há ninguém. Os supervisores foram avisados de novo.",
  moved: (team) => `Vai para outra equipe: ${team}`,
  onCall: "de plantão",
  step: (number) => `etapa ${number}`,
  leftOut: "A quem não",
  more: (count) => `e mais ${count}`,
  choose: {
    longest_idle: "Quem está livre há mais tempo",
    round_robin: "Por turnos",
    least_loaded: "Quem tem menos",
    priority: "Pela lista",
    random: "Ao acaso",
  },
  ends: {
    accepted: "aceito",
    declined: "recusado",
    missed: "não respondeu",
    not_received: "não chegou a nenhum dispositivo",
    withdrawn: "retirado",
  },
  reasons: {
    inactive: "já saiu",
    not_in_team: "não é da equipe",
    off_shift: "fora do horário",
    away: "ausente",
    busy: "ocupado",
    bot: "um bot que nenhuma etapa nomeia",
    not_responding: "não respondeu duas vezes seguidas",
    braked: "retido pelo freio",
    no_device: "nenhum aparelho que mostre ofertas",
    unreachable: "não alcançável",
    not_named: "a etapa nomeia outros",
    skill: "falta uma habilidade",
    language: "não fala o idioma",
    full: "sem espaço",
    offers_out: "tem outras ofertas",
    declined: "disse que não",
    missed: "não respondeu a esta",
    not_received: "nenhum aparelho a recebeu",
    former_owner: "perdeu-a e não fez nada desde então",
    excluded: "a equipe o exclui",
    not_chosen: "outra pessoa veio antes",
  },
  priority: {
    title: "Que urgência tem?",
    hint: "O urgente passa à frente de tudo na fila; a prioridade alta, à frente do que chegou meia hora antes.",
    reason: "Por quê?",
    save: "Salvar",
    set: "A prioridade foi alterada",
  },
};

const ar: RoutingWords = {
  offered: (customer) => `${customer} ينتظر. هل تأخذها؟`,
  accept: "قبول",
  decline: "رفض",
  left: (seconds) => `بقي ${seconds} ث`,
  tooLate: "انتهى هذا العرض.",
  whyOf: (customer) => `على من عُرضت محادثة ${customer}`,
  none: "لم تُعرض على أحد: يأخذها أحدهم من الطابور.",
  given: (name) => `أُعطيت إلى ${name}`,
  nobody: "لم يوجد من تُعرض عليه. نُبّه الفريق كله.",
  again: "ما زال لا أحد. نُبّه المشرفون مجددًا.",
  moved: (team) => `تنتقل إلى فريق آخر: ${team}`,
  onCall: "مناوب",
  step: (number) => `الخطوة ${number}`,
  leftOut: "من لم يُسأل",
  more: (count) => `و${count} غيرهم`,
  choose: {
    longest_idle: "الأطول فراغًا",
    round_robin: "بالتناوب",
    least_loaded: "الأقل انشغالًا",
    priority: "حسب القائمة",
    random: "عشوائيًا",
  },
  ends: {
    accepted: "قُبل",
    declined: "رُفض",
    missed: "لم يُجب",
    not_received: "لم يصل إلى أي جهاز",
    withdrawn: "سُحب",
  },
  reasons: {
    inactive: "غادر",
    not_in_team: "ليس من الفريق",
    off_shift: "خارج ساعات عمله",
    away: "غائب",
    busy: "مشغول",
    bot: "روبوت لا تسمّيه أي خطوة",
    not_responding: "لم يُجب مرتين متتاليتين",
    braked: "يوقفه الكابح",
    no_device: "لا جهاز يعرض العروض",
    unreachable: "لا يمكن الوصول إليه",
    not_named: "الخطوة تسمّي غيره",
    skill: "تنقصه مهارة",
    language: "لا يتكلم اللغة",
    full: "لا متسع لديه",
    offers_out: "لديه عروض أخرى",
    declined: "رفض",
    missed: "لم يُجب عن هذه",
    not_received: "لم تصل هذه إلى أي جهاز",
    former_owner: "فقدها ولم يفعل شيئًا منذ ذلك",
    excluded: "يستثنيه الفريق",
    not_chosen: "سبقه غيره",
  },
  priority: {
    title: "ما مدى استعجالها؟",
    hint: "العاجل يسبق كل ما في قائمة الانتظار، والأولوية العالية تسبق ما وصل قبلها بنصف ساعة.",
    reason: "لماذا؟",
    save: "حفظ",
    set: "تغيّرت الأولوية",
  },
};

export const routingWords: Record<Language, RoutingWords> = { en, es, pt, ar };
