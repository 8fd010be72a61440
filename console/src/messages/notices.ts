// Made from words/notices.words by words/words.mjs; not edited by hand.

import type { Language } from "./index.svelte.ts";
import { isolate } from "./isolate.ts";
import { counted } from "./plural.ts";

const cEn = counted("en");

const en = {
  title: "Mentions",
  none: "Nothing concerns you. Colleagues call you with @ in a note.",
  more: "Show older ones",
  allRead: "Mark all as read",
  fresh: "not read",
  open: "Open",
  badge: (count: number) => `${cEn(count)} not read`,
  owners: "Earlier owners",
  ownersNone: "Nobody had it before.",
  blocked: (by: string) => `${by} blocked the customer`,
  unblocked: (by: string) => `${by} let the customer write again`,
  youBlocked: "You blocked the customer",
  youUnblocked: "You let the customer write again",
  draftOf: (name: string) => `${name} typed this and did not send it`,
  draftMine: "You typed this elsewhere and did not send it",
  draftUse: "Use this text",
  told: {
    mention: (by: string, customer: string) => `${by} asks for you: ${customer}`,
    assigned: (by: string, customer: string) => `${by} gave you ${customer}`,
    review: (_by: string, customer: string) => `Your message to ${customer} needs you`,
    reminder: (_by: string, customer: string) => `You wanted to be reminded: ${customer}`,
  },
};

export type NoticeWords = typeof en;

const cEs = counted("es");

const es: NoticeWords = {
  title: "Menciones",
  none: "Nada te concierne. Tus colegas te llaman con @ en una nota.",
  more: "Ver anteriores",
  allRead: "Marcar todo como leído",
  fresh: "sin leer",
  open: "Abrir",
  badge: (count: number) => `${cEs(count)} sin leer`,
  owners: "Responsables anteriores",
  ownersNone: "Nadie la tuvo antes.",
  blocked: (by: string) => `${by} bloqueó al cliente`,
  unblocked: (by: string) => `${by} dejó que el cliente vuelva a escribir`,
  youBlocked: "Bloqueaste al cliente",
  youUnblocked: "Dejaste que el cliente vuelva a escribir",
  draftOf: (name: string) => `${name} escribió esto y no lo envió`,
  draftMine: "Escribiste esto en otro lugar y no lo enviaste",
  draftUse: "Usar este texto",
  told: {
    mention: (by: string, customer: string) => `${by} te llama: ${customer}`,
    assigned: (by: string, customer: string) => `${by} te dio ${customer}`,
    review: (_by: string, customer: string) => `Tu mensaje a ${customer} te necesita`,
    reminder: (_by: string, customer: string) => `Querías un recordatorio: ${customer}`,
  },
};

const cPt = counted("pt");

const pt: NoticeWords = {
  title: "Menções",
  none: "Nada lhe diz respeito. Colegas chamam você com @ numa nota.",
  more: "Mostrar anteriores",
  allRead: "Marcar tudo como lido",
  fresh: "não lida",
  open: "Abrir",
  badge: (count: number) => `${cPt(count)} não lidas`,
  owners: "Responsáveis anteriores",
  ownersNone: "Ninguém a teve antes.",
  blocked: (by: string) => `${by} bloqueou o cliente`,
  unblocked: (by: string) => `${by} deixou o cliente escrever de novo`,
  youBlocked: "Você bloqueou o cliente",
  youUnblocked: "Você deixou o cliente escrever de novo",
  draftOf: (name: string) => `${name} digitou isto e não enviou`,
  draftMine: "Você digitou isto em outro lugar e não enviou",
  draftUse: "Usar este texto",
  told: {
    mention: (by: string, customer: string) => `${by} chama você: ${customer}`,
    assigned: (by: string, customer: string) => `${by} passou ${customer} para você`,
    review: (_by: string, customer: string) => `Sua mensagem para ${customer} precisa de você`,
    reminder: (_by: string, customer: string) => `Você queria um lembrete: ${customer}`,
  },
};

const cAr = counted("ar-u-nu-latn");

const ar: NoticeWords = {
  title: "الإشارات",
  none: "لا شيء يعنيك. يناديك الزملاء بعلامة @ في ملاحظة.",
  more: "عرض الأقدم",
  allRead: "اعتبار الكل مقروءًا",
  fresh: "غير مقروء",
  open: "فتح",
  badge: (count: number) => `${cAr(count)} غير مقروء`,
  owners: "المسؤولون السابقون",
  ownersNone: "لم تكن لأحد من قبل.",
  blocked: (by: string) => `${isolate(by)} حظر العميل`,
  unblocked: (by: string) => `${isolate(by)} سمح للعميل بالكتابة من جديد`,
  youBlocked: "حظرت العميل",
  youUnblocked: "سمحت للعميل بالكتابة من جديد",
  draftOf: (name: string) => `${isolate(name)} كتب هذا ولم يرسله`,
  draftMine: "كتبت هذا في مكان آخر ولم ترسله",
  draftUse: "استعمال هذا النص",
  told: {
    mention: (by: string, customer: string) => `${isolate(by)} يناديك: ${isolate(customer)}`,
    assigned: (by: string, customer: string) => `${isolate(by)} أعطاك ${isolate(customer)}`,
    review: (_by: string, customer: string) => `رسالتك إلى ${isolate(customer)} تحتاج إليك`,
    reminder: (_by: string, customer: string) => `أردت تذكيرًا: ${isolate(customer)}`,
  },
};

export const noticeWords: Record<Language, NoticeWords> = { en, es, pt, ar };
