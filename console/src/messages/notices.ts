// What concerns an agent, in all languages at once: the list, what rings, and earlier owners.

import type { NoticeKind, Promised } from "../protocol.ts";
import type { Language } from "./index.svelte.ts";

export interface NoticeWords {
  title: string;
  none: string;
  more: string;
  allRead: string;
  fresh: string;
  open: string;
  /** `by` is a name, and `customer` another one. */
  told: Record<NoticeKind, (by: string, customer: string) => string>;
  /** A promised time is about to end, or is over. */
  ends: Record<Promised, (customer: string) => string>;
  broken: Record<Promised, (customer: string) => string>;
  rule: (name: string, customer: string) => string;
  /** Nothing happened for long: the team's own follow-up. */
  idle: (customer: string) => string;
  nobody: (customer: string) => string;
  away: (customer: string) => string;
  urgent: (customer: string) => string;
  badge: (count: number) => string;
  owners: string;
  ownersNone: string;
  blocked: (by: string) => string;
  unblocked: (by: string) => string;
  youBlocked: string;
  youUnblocked: string;
  draftOf: (name: string) => string;
  draftMine: string;
  draftUse: string;
}

const en: NoticeWords = {
  title: "Mentions",
  none: "Nothing concerns you. Colleagues call you with @ in a note.",
  more: "Show older ones",
  allRead: "Mark all as read",
  fresh: "not read",
  open: "Open",
  told: {
    mention: (by, customer) => `${by} asks for you: ${customer}`,
    assigned: (by, customer) => `${by} gave you ${customer}`,
    review: (_, customer) => `Your message to ${customer} needs you`,
    reminder: (_, customer) => `You wanted to be reminded: ${customer}`,
  },
  ends: {
    first: (customer) => `The time to answer ${customer} is about to end`,
    next: (customer) => `The time to answer ${customer} again is about to end`,
    resolution: (customer) => `The time to solve it for ${customer} is about to end`,
  },
  broken: {
    first: (customer) => `${customer} has waited for a first answer longer than promised`,
    next: (customer) => `${customer} has waited for an answer longer than promised`,
    resolution: (customer) => `It took longer than promised to solve it for ${customer}`,
  },
  rule: (name, customer) => `Rule “${name}” calls you: ${customer}`,
  idle: (customer) => `Nothing has happened for long: ${customer}`,
  nobody: (customer) => `Nobody could be asked to take ${customer}`,
  away: (customer) => `The owner is not there, and ${customer} waits`,
  urgent: (customer) => `It is urgent: ${customer}`,
  badge: (count) => `${count} not read`,
  owners: "Earlier owners",
  ownersNone: "Nobody had it before.",
  blocked: (by) => `${by} blocked the customer`,
  unblocked: (by) => `${by} let the customer write again`,
  youBlocked: "You blocked the customer",
  youUnblocked: "You let the customer write again",
  draftOf: (name) => `${name} typed this and did not send it`,
  draftMine: "You typed this elsewhere and did not send it",
  draftUse: "Use this text",
};

const es: NoticeWords = {
  title: "Menciones",
  none: "Nada te concierne. Tus colegas te llaman con @ en una nota.",
  more: "Ver anteriores",
  allRead: "Marcar todo como leído",
  fresh: "sin leer",
  open: "Abrir",
  told: {
    mention: (by, customer) => `${by} te llama: ${customer}`,
    assigned: (by, customer) => `${by} te dio ${customer}`,
    review: (_, customer) => `Tu mensaje a ${customer} te necesita`,
    reminder: (_, customer) => `Querías un recordatorio: ${customer}`,
  },
  ends: {
    first: (customer) => `Se acaba el plazo para responder a ${customer}`,
    next: (customer) => `Se acaba el plazo para volver a responder a ${customer}`,
    resolution: (customer) => `Se acaba el plazo para resolver lo de ${customer}`,
  },
  broken: {
    first: (customer) => `${customer} espera la primera respuesta más de lo prometido`,
    next: (customer) => `${customer} espera respuesta más de lo prometido`,
    resolution: (customer) => `Resolver lo de ${customer} tarda más de lo prometido`,
  },
  rule: (name, customer) => `La regla «${name}» te llama: ${customer}`,
  idle: (customer) => `Hace mucho que no pasa nada: ${customer}`,
  nobody: (customer) => `No había a quién pedirle que atienda a ${customer}`,
  away: (customer) => `Quien la lleva no está, y ${customer} espera`,
  urgent: (customer) => `Es urgente: ${customer}`,
  badge: (count) => `${count} sin leer`,
  owners: "Responsables anteriores",
  ownersNone: "Nadie la tuvo antes.",
  blocked: (by) => `${by} bloqueó al cliente`,
  unblocked: (by) => `${by} dejó que el cliente vuelva a escribir`,
  youBlocked: "Bloqueaste al cliente",
  youUnblocked: "Dejaste que el cliente vuelva a escribir",
  draftOf: (name) => `${name} escribió esto y no lo envió`,
  draftMine: "Escribiste esto en otro lugar y no lo enviaste",
  draftUse: "Usar este texto",
};

const pt: NoticeWords = {
  title: "Menções",
  none: "Nada lhe diz respeito. Colegas chamam você com @ numa nota.",
  more: "Mostrar anteriores",
  allRead: "Marcar tudo como lido",
  fresh: "não lida",
  open: "Abrir",
  told: {
    mention: (by, customer) => `${by} chama você: ${customer}`,
    assigned: (by, customer) => `${by} passou ${customer} para você`,
    review: (_, customer) => `Sua mensagem para ${customer} precisa de você`,
    reminder: (_, customer) => `Você queria um lembrete: ${customer}`,
  },
  ends: {
    first: (customer) => `O prazo para responder a ${customer} está acabando`,
    next: (customer) => `O prazo para responder de novo a ${customer} está acabando`,
    resolution: (customer) => `O prazo para resolver o caso de ${customer} está acabando`,
  },
  broken: {
    first: (customer) => `${customer} espera a primeira resposta há mais do que o prometido`,
    next: (customer) => `${customer} espera resposta há mais do que o prometido`,
    resolution: (customer) => `Resolver o caso de ${customer} demora mais do que o prometido`,
  },
  rule: (name, customer) => `A regra “${name}” chama você: ${customer}`,
  idle: (customer) => `Nada acontece há muito tempo: ${customer}`,
  nobody: (customer) => `Não havia a quem pedir que atenda ${customer}`,
  away: (customer) => `O responsável não está, e ${customer} espera`,
  urgent: (customer) => `É urgente: ${customer}`,
  badge: (count) => `${count} não lidas`,
  owners: "Responsáveis anteriores",
  ownersNone: "Ninguém a teve antes.",
  blocked: (by) => `${by} bloqueou o cliente`,
  unblocked: (by) => `${by} deixou o cliente escrever de novo`,
  youBlocked: "Você bloqueou o cliente",
  youUnblocked: "Você deixou o cliente escrever de novo",
  draftOf: (name) => `${name} digitou isto e não enviou`,
  draftMine: "Você digitou isto em outro lugar e não enviou",
  draftUse: "Usar este texto",
};

const ar: NoticeWords = {
  title: "الإشارات",
  none: "لا شيء يعنيك. يناديك الزملاء بعلامة @ في ملاحظة.",
  more: "عرض الأقدم",
  allRead: "اعتبار الكل مقروءًا",
  fresh: "غير مقروء",
  open: "فتح",
  told: {
    mention: (by, customer) => `${by} يناديك: ${customer}`,
    assigned: (by, customer) => `${by} أعطاك ${customer}`,
    review: (_, customer) => `رسالتك إلى ${customer} تحتاج إليك`,
    reminder: (_, customer) => `أردت تذكيرًا: ${customer}`,
  },
  ends: {
    first: (customer) => `أوشكت مهلة الرد على ${customer} أن تنتهي`,
    next: (customer) => `أوشكت مهلة الرد مجددًا على ${customer} أن تنتهي`,
    resolution: (customer) => `أوشكت مهلة الحل لـ ${customer} أن تنتهي`,
  },
  broken: {
    first: (customer) => `ينتظر ${customer} أول رد أطول مما وُعد به`,
    next: (customer) => `ينتظر ${customer} ردًا أطول مما وُعد به`,
    resolution: (customer) => `استغرق الحل لـ ${customer} أطول مما وُعد به`,
  },
  rule: (name, customer) => `تناديك القاعدة «${name}»: ${customer}`,
  idle: (customer) => `لم يحدث شيء منذ مدة طويلة: ${customer}`,
  nobody: (customer) => `لم يوجد من يُطلب منه تولّي ${customer}`,
  away: (customer) => `المسؤول غير موجود، و${customer} ينتظر`,
  urgent: (customer) => `الأمر عاجل: ${customer}`,
  badge: (count) => `${count} غير مقروء`,
  owners: "المسؤولون السابقون",
  ownersNone: "لم تكن لأحد من قبل.",
  blocked: (by) => `${by} حظر العميل`,
  unblocked: (by) => `${by} سمح للعميل بالكتابة من جديد`,
  youBlocked: "حظرت العميل",
  youUnblocked: "سمحت للعميل بالكتابة من جديد",
  draftOf: (name) => `${name} كتب هذا ولم يرسله`,
  draftMine: "كتبت هذا في مكان آخر ولم ترسله",
  draftUse: "استعمال هذا النص",
};

export const noticeWords: Record<Language, NoticeWords> = { en, es, pt, ar };
