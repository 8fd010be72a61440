// The viewer of files: loaded with it, in all languages at once.

import type { Language } from "./index.svelte.ts";
import { plural } from "./plural.ts";

export interface ViewerWords {
  title: (what: string) => string;
  next: string;
  previous: string;
  larger: string;
  smaller: string;
  fit: string;
  place: (at: string, of: string) => string;
  page: (at: string, of: string) => string;
  pages: (count: number) => string;
  large: string;
  locked: string;
  failed: string;
  more: string;
  /** Of the card: what was sent by the customer and to them. */
  files: string;
  filesNone: string;
  filesNoneSoFar: string;
  filesAll: (count: number) => string;
  filesOlder: string;
}

const [nEn, nEs, nPt, nAr] = [plural("en"), plural("es"), plural("pt"), plural("ar")];

export const viewerWords: Record<Language, ViewerWords> = {
  en: {
    title: (what) => `Look at: ${what}`,
    next: "Next file",
    previous: "Previous file",
    larger: "Larger",
    smaller: "Smaller",
    fit: "Fit to the window",
    place: (at, of) => `${at} of ${of}`,
    page: (at, of) => `Page ${at} of ${of}`,
    pages: (count) => nEn(count, { one: "1 page", other: `${count} pages` }),
    large: "It is too large to be shown whole. Save it to see everything.",
    locked: "This document asks for a password. Save it to open it.",
    failed: "This document cannot be shown here. Save it to open it.",
    more: "Only the first pages are shown. Save it to see the rest.",
    files: "Files",
    filesNone: "No files.",
    filesNoneSoFar: "No file among the lines read so far.",
    filesAll: (count) => `All ${count}`,
    filesOlder: "Look further back",
  },
  es: {
    title: (what) => `Ver: ${what}`,
    next: "Archivo siguiente",
    previous: "Archivo anterior",
    larger: "Ampliar",
    smaller: "Reducir",
    fit: "Ajustar a la ventana",
    place: (at, of) => `${at} de ${of}`,
    page: (at, of) => `Página ${at} de ${of}`,
    pages: (count) => nEs(count, { one: "1 página", other: `${count} páginas` }),
    large: "Es demasiado grande para mostrarse entera. Guárdala para verlo todo.",
    locked: "Este documento pide una contraseña. Guárdalo para abrirlo.",
    failed: "Este documento no se puede mostrar aquí. Guárdalo para abrirlo.",
    more: "Solo se muestran las primeras páginas. Guárdalo para ver el resto.",
    files: "Archivos",
    filesNone: "Ningún archivo.",
    filesNoneSoFar: "Ningún archivo en lo leído hasta ahora.",
    filesAll: (count) => `Todos: ${count}`,
    filesOlder: "Buscar más atrás",
  },
  pt: {
    title: (what) => `Ver: ${what}`,
    next: "Ficheiro seguinte",
    previous: "Ficheiro anterior",
    larger: "Ampliar",
    smaller: "Reduzir",
    fit: "Ajustar à janela",
    place: (at, of) => `${at} de ${of}`,
    page: (at, of) => `Página ${at} de ${of}`,
    pages: (count) => nPt(count, { one: "1 página", other: `${count} páginas` }),
    large: "É grande demais para ser mostrada inteira. Guarde-a para ver tudo.",
    locked: "Este documento pede uma senha. Guarde-o para o abrir.",
    failed: "Este documento não pode ser mostrado aqui. Guarde-o para o abrir.",
    more: "Só as primeiras páginas são mostradas. Guarde-o para ver o resto.",
    files: "Ficheiros",
    filesNone: "Nenhum ficheiro.",
    filesNoneSoFar: "Nenhum ficheiro no que foi lido até agora.",
    filesAll: (count) => `Todos: ${count}`,
    filesOlder: "Procurar mais atrás",
  },
  ar: {
    title: (what) => `عرض: ${what}`,
    next: "الملف التالي",
    previous: "الملف السابق",
    larger: "تكبير",
    smaller: "تصغير",
    fit: "ملاءمة النافذة",
    place: (at, of) => `${at} من ${of}`,
    page: (at, of) => `الصفحة ${at} من ${of}`,
    pages: (count) =>
      nAr(count, {
        one: "صفحة واحدة",
        two: "صفحتان",
        few: `${count} صفحات`,
        many: `${count} صفحة`,
        other: `${count} صفحة`,
      }),
    large: "هي أكبر من أن تُعرض كاملة. احفظها لترى كل شيء.",
    locked: "يطلب هذا المستند كلمة مرور. احفظه لتفتحه.",
    failed: "لا يمكن عرض هذا المستند هنا. احفظه لتفتحه.",
    more: "تُعرض الصفحات الأولى فقط. احفظه لترى الباقي.",
    files: "الملفات",
    filesNone: "لا ملفات.",
    filesNoneSoFar: "لا ملف فيما قُرئ حتى الآن.",
    filesAll: (count) => `الكل: ${count}`,
    filesOlder: "ابحث أبعد",
  },
};
