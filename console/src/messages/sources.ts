// Made from words/sources.words by words/words.mjs; not edited by hand.

import type { Language } from "./index.svelte.ts";
import { isolate } from "./isolate.ts";

const en = {
  asking: "Asking…",
  nothing: "Nothing is known here.",
  never: "Not available",
  asOf: (when: string) => `Not available, as of ${when}`,
  suggest: "Suggest an answer",
  given: "It stands in the composer. Read it before you send it.",
  noAnswer: "It knows no answer.",
  putOn: (name: string) => `Tag ${name}`,
  why: {
    late: "It takes too long to answer.",
    down: "It cannot be reached.",
    wrong: "Its answer cannot be shown.",
    refused: "It refuses to answer, or has no secret yet.",
    spent: "It was asked as often as it may be today. It is asked again tomorrow, or when an admin allows more.",
  },
};

export type SourceWords = typeof en;

const es: SourceWords = {
  asking: "Preguntando…",
  nothing: "Aquí no se sabe nada.",
  never: "No disponible",
  asOf: (when: string) => `No disponible, datos de ${when}`,
  suggest: "Sugerir una respuesta",
  given: "Está en el cuadro de texto. Léela antes de enviarla.",
  noAnswer: "No sabe qué responder.",
  putOn: (name: string) => `Etiquetar ${name}`,
  why: {
    late: "Tarda demasiado en responder.",
    down: "No se puede contactar.",
    wrong: "Su respuesta no se puede mostrar.",
    refused: "Se niega a responder o aún no tiene secreto.",
    spent: "Hoy ya se le preguntó tanto como se permite. Se le preguntará mañana, o cuando un administrador permita más.",
  },
};

const pt: SourceWords = {
  asking: "Consultando…",
  nothing: "Nada se sabe aqui.",
  never: "Indisponível",
  asOf: (when: string) => `Indisponível, dados de ${when}`,
  suggest: "Sugerir uma resposta",
  given: "Está na caixa de texto. Leia antes de enviar.",
  noAnswer: "Não sabe o que responder.",
  putOn: (name: string) => `Etiquetar ${name}`,
  why: {
    late: "Demora demais para responder.",
    down: "Não é possível contatá-la.",
    wrong: "A resposta dela não pode ser mostrada.",
    refused: "Recusa-se a responder ou ainda não tem segredo.",
    spent: "Hoje já foi consultada tanto quanto é permitido. Volta a ser amanhã, ou quando um administrador permitir mais.",
  },
};

const ar: SourceWords = {
  asking: "جارٍ السؤال…",
  nothing: "لا يُعرف شيء هنا.",
  never: "غير متاح",
  asOf: (when: string) => `غير متاح، البيانات من ${isolate(when)}`,
  suggest: "اقترح ردًّا",
  given: "النص في خانة الكتابة. اقرأه قبل إرساله.",
  noAnswer: "لا يعرف ردًّا.",
  putOn: (name: string) => `ضع الوسم ${isolate(name)}`,
  why: {
    late: "يستغرق الرد وقتًا طويلًا.",
    down: "لا يمكن الوصول إليه.",
    wrong: "لا يمكن عرض رده.",
    refused: "يرفض الرد، أو ليس له سرّ بعد.",
    spent: "سُئل اليوم بقدر ما يُسمح به. يُسأل من جديد غدًا، أو حين يسمح مدير بالمزيد.",
  },
};

export const sourceWords: Record<Language, SourceWords> = { en, es, pt, ar };
