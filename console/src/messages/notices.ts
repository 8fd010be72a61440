// What concerns an agent, in all languages at once: the list, what rings, and earlier owners.

import type { NoticeKind } from "../protocol.ts";
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
