// Made from words/notice-page.words by words/words.mjs; not edited by hand.

import type { Language } from "./index.svelte.ts";

const en = {
  intro: "What concerns you, whatever you look at: mentions, conversations that became yours, reminders, and messages of yours that need you.",
  sound: "A sound when something concerns me",
  desktop: "Show it on the desktop while I look elsewhere",
  desktopForbidden: "This browser forbids it for this page: allow notifications in its settings.",
};

export type NoticePageWords = typeof en;

const es: NoticePageWords = {
  intro: "Lo que te concierne, mires lo que mires: menciones, conversaciones que pasan a ser tuyas, recordatorios y mensajes tuyos que te necesitan.",
  sound: "Un sonido cuando algo me concierne",
  desktop: "Mostrarlo en el escritorio mientras miro otra cosa",
  desktopForbidden: "Este navegador lo prohíbe para esta página: permite las notificaciones en sus ajustes.",
};

const pt: NoticePageWords = {
  intro: "O que lhe diz respeito, seja o que for que você veja: menções, conversas que passam a ser suas, lembretes e mensagens suas que precisam de você.",
  sound: "Um som quando algo me diz respeito",
  desktop: "Mostrar na área de trabalho enquanto olho outra coisa",
  desktopForbidden: "Este navegador proíbe isso para esta página: permita notificações nas configurações.",
};

const ar: NoticePageWords = {
  intro: "ما يعنيك أيًّا كان ما تنظر إليه: الإشارات إليك، والمحادثات التي صارت لك، والتذكيرات، ورسائلك التي تحتاج إليك.",
  sound: "صوت عندما يعنيني شيء",
  desktop: "أظهره على سطح المكتب وأنا أنظر إلى غيره",
  desktopForbidden: "هذا المتصفح يمنع ذلك لهذه الصفحة: اسمح بالإشعارات في إعداداته.",
};

export const noticePageWords: Record<Language, NoticePageWords> = { en, es, pt, ar };
