// Made from words/viewer.words by words/words.mjs; not edited by hand.

import type { Language } from "./index.svelte.ts";
import { isolate } from "./isolate.ts";
import { counted, plural } from "./plural.ts";

const nEn = plural("en");
const cEn = counted("en");

const en = {
  title: (what: string) => `Look at: ${what}`,
  next: "Next file",
  previous: "Previous file",
  larger: "Larger",
  smaller: "Smaller",
  fit: "Fit to the window",
  place: (at: string, of: string) => `${at} of ${of}`,
  page: (at: string, of: string) => `Page ${at} of ${of}`,
  pages: (count: number) => nEn(count, { one: `${cEn(count)} page`, other: `${cEn(count)} pages` }),
  large: "It is too large to be shown whole. Save it to see everything.",
  locked: "This document asks for a password. Save it to open it.",
  failed: "This document cannot be shown here. Save it to open it.",
  more: "Only the first pages are shown. Save it to see the rest.",
  /** Of the card: what was sent by the customer and to them. */
  files: "Files",
  filesNone: "No files.",
  filesNoneSoFar: "No file among the lines read so far.",
  filesAll: (count: number) => `All ${cEn(count)}`,
  filesOlder: "Look further back",
};

export type ViewerWords = typeof en;

const nEs = plural("es");
const cEs = counted("es");

const es: ViewerWords = {
  title: (what: string) => `Ver: ${what}`,
  next: "Archivo siguiente",
  previous: "Archivo anterior",
  larger: "Ampliar",
  smaller: "Reducir",
  fit: "Ajustar a la ventana",
  place: (at: string, of: string) => `${at} de ${of}`,
  page: (at: string, of: string) => `Página ${at} de ${of}`,
  pages: (count: number) => nEs(count, { one: `${cEs(count)} página`, other: `${cEs(count)} páginas` }),
  large: "Es demasiado grande para mostrarse entera. Guárdala para verlo todo.",
  locked: "Este documento pide una contraseña. Guárdalo para abrirlo.",
  failed: "Este documento no se puede mostrar aquí. Guárdalo para abrirlo.",
  more: "Solo se muestran las primeras páginas. Guárdalo para ver el resto.",
  files: "Archivos",
  filesNone: "Ningún archivo.",
  filesNoneSoFar: "Ningún archivo en lo leído hasta ahora.",
  filesAll: (count: number) => `Todos: ${cEs(count)}`,
  filesOlder: "Buscar más atrás",
};

const nPt = plural("pt");
const cPt = counted("pt");

const pt: ViewerWords = {
  title: (what: string) => `Ver: ${what}`,
  next: "Ficheiro seguinte",
  previous: "Ficheiro anterior",
  larger: "Ampliar",
  smaller: "Reduzir",
  fit: "Ajustar à janela",
  place: (at: string, of: string) => `${at} de ${of}`,
  page: (at: string, of: string) => `Página ${at} de ${of}`,
  pages: (count: number) => nPt(count, { one: `${cPt(count)} página`, other: `${cPt(count)} páginas` }),
  large: "É grande demais para ser mostrada inteira. Guarde-a para ver tudo.",
  locked: "Este documento pede uma senha. Guarde-o para o abrir.",
  failed: "Este documento não pode ser mostrado aqui. Guarde-o para o abrir.",
  more: "Só as primeiras páginas são mostradas. Guarde-o para ver o resto.",
  files: "Ficheiros",
  filesNone: "Nenhum ficheiro.",
  filesNoneSoFar: "Nenhum ficheiro no que foi lido até agora.",
  filesAll: (count: number) => `Todos: ${cPt(count)}`,
  filesOlder: "Procurar mais atrás",
};

const nAr = plural("ar");
const cAr = counted("ar-u-nu-latn");

const ar: ViewerWords = {
  title: (what: string) => `عرض: ${isolate(what)}`,
  next: "الملف التالي",
  previous: "الملف السابق",
  larger: "تكبير",
  smaller: "تصغير",
  fit: "ملاءمة النافذة",
  place: (at: string, of: string) => `${isolate(at)} من ${isolate(of)}`,
  page: (at: string, of: string) => `الصفحة ${isolate(at)} من ${isolate(of)}`,
  pages: (count: number) => nAr(count, { one: "صفحة واحدة", two: "صفحتان", few: `${cAr(count)} صفحات`, many: `${cAr(count)} صفحة`, other: `${cAr(count)} صفحة` }),
  large: "هي أكبر من أن تُعرض كاملة. احفظها لترى كل شيء.",
  locked: "يطلب هذا المستند كلمة مرور. احفظه لتفتحه.",
  failed: "لا يمكن عرض هذا المستند هنا. احفظه لتفتحه.",
  more: "تُعرض الصفحات الأولى فقط. احفظه لترى الباقي.",
  files: "الملفات",
  filesNone: "لا ملفات.",
  filesNoneSoFar: "لا ملف فيما قُرئ حتى الآن.",
  filesAll: (count: number) => `الكل: ${cAr(count)}`,
  filesOlder: "ابحث أبعد",
};

export const viewerWords: Record<Language, ViewerWords> = { en, es, pt, ar };
