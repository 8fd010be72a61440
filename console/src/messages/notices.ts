// What concerns an agent, in all languages at once: the list, what rings, and earlier owners.

import type { NoticeKind } from "../protocol.ts";
import type { Language } from "./index.svelte.ts";

export interface NoticeWords {
  title: string;
  intro: string;
  none: string;
  failed: string;
  more: string;
  allRead: string;
  fresh: string;
  open: string;
  /** `by` is a name, and `customer` another one. */
  told: Record<Exclude<NoticeKind, "review">, (by: string, customer: string) => string> & {
    review: (customer: string) => string;
  };
  sound: string;
  desktop: string;
  desktopForbidden: string;
  badge: (count: number) => string;
  earlier: string;
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
  intro: "What concerns you, whatever you look at: mentions, conversations that became yours, and messages of yours that need you.",
  none: "Nothing concerns you. Colleagues call you with @ in a note.",
  failed: "Could not load.",
  more: "Show older ones",
  allRead: "Mark all as read",
  fresh: "not read",
  open: "Open",
  told: {
    mention: (by, customer) => `${by} asks for you: ${customer}`,
    assigned: (by, customer) => `${by} gave you ${customer}`,
    review: (customer) => `Your message to ${customer} needs you`,
  },
  sound: "A sound when something concerns me",
  desktop: "Show it on the desktop while I look elsewhere",
  desktopForbidden: "This browser forbids it for this page: allow notifications in its settings.",
  badge: (count) => `${count} not read`,
  earlier: "What happened before",
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
  intro: "Lo que te concierne, mires lo que mires: menciones, conversaciones que pasan a ser tuyas y mensajes tuyos que te necesitan.",
  none: "Nada te concierne. Tus colegas te llaman con @ en una nota.",
  failed: "No se pudo cargar.",
  more: "Ver anteriores",
  allRead: "Marcar todo como leído",
  fresh: "sin leer",
  open: "Abrir",
  told: {
    mention: (by, customer) => `${by} te llama: ${customer}`,
    assigned: (by, customer) => `${by} te dio ${customer}`,
    review: (customer) => `Tu mensaje a ${customer} te necesita`,
  },
  sound: "Un sonido cuando algo me concierne",
  desktop: "Mostrarlo en el escritorio mientras miro otra cosa",
  desktopForbidden: "Este navegador lo prohíbe para esta página: permite las notificaciones en sus ajustes.",
  badge: (count) => `${count} sin leer`,
  earlier: "Lo que pasó antes",
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
  intro: "O que lhe diz respeito, seja o que for que você veja: menções, conversas que passam a ser suas e mensagens suas que precisam de você.",
  none: "Nada lhe diz respeito. Colegas chamam você com @ numa nota.",
  failed: "Não foi possível carregar.",
  more: "Mostrar anteriores",
  allRead: "Marcar tudo como lido",
  fresh: "não lida",
  open: "Abrir",
  told: {
    mention: (by, customer) => `${by} chama você: ${customer}`,
    assigned: (by, customer) => `${by} passou ${customer} para você`,
    review: (customer) => `Sua mensagem para ${customer} precisa de você`,
  },
  sound: "Um som quando algo me diz respeito",
  desktop: "Mostrar na área de trabalho enquanto olho outra coisa",
  desktopForbidden: "Este navegador proíbe isso para esta página: permita notificações nas configurações.",
  badge: (count) => `${count} não lidas`,
  earlier: "O que aconteceu antes",
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
  intro: "ما يعنيك أيًّا كان ما تنظر إليه: الإشارات إليك، والمحادثات التي صارت لك، ورسائلك التي تحتاج إليك.",
  none: "لا شيء يعنيك. يناديك الزملاء بعلامة @ في ملاحظة.",
  failed: "تعذّر التحميل.",
  more: "عرض الأقدم",
  allRead: "اعتبار الكل مقروءًا",
  fresh: "غير مقروء",
  open: "فتح",
  told: {
    mention: (by, customer) => `${by} يناديك: ${customer}`,
    assigned: (by, customer) => `${by} أعطاك ${customer}`,
    review: (customer) => `رسالتك إلى ${customer} تحتاج إليك`,
  },
  sound: "صوت عندما يعنيني شيء",
  desktop: "أظهره على سطح المكتب وأنا أنظر إلى غيره",
  desktopForbidden: "هذا المتصفح يمنع ذلك لهذه الصفحة: اسمح بالإشعارات في إعداداته.",
  badge: (count) => `${count} غير مقروء`,
  earlier: "ما حدث قبل ذلك",
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
