// What the team's own programs know of a customer: loaded with the card, in all languages at once.

import type { ContextWhy } from "../protocol.ts";
import type { Language } from "./index.svelte.ts";

export interface SourceWords {
  asking: string;
  nothing: string;
  never: string;
  asOf: (when: string) => string;
  suggest: string;
  given: string;
  noAnswer: string;
  putOn: (name: string) => string;
  why: Record<ContextWhy, string>;
}

export const sourceWords: Record<Language, SourceWords> = {
  en: {
    asking: "Asking…",
    nothing: "Nothing is known here.",
    never: "Not available",
    asOf: (when) => `Not available, as of ${when}`,
    suggest: "Suggest an answer",
    given: "It stands in the composer. Read it before you send it.",
    noAnswer: "It knows no answer.",
    putOn: (name) => `Tag ${name}`,
    why: {
      late: "It takes too long to answer.",
      down: "It cannot be reached.",
      wrong: "Its answer cannot be shown.",
      refused: "It refuses to answer, or has no secret yet.",
      spent: "It was asked as often as it may be today. It is asked again tomorrow, or when an admin allows more.",
    },
  },
  es: {
    asking: "Preguntando…",
    nothing: "Aquí no se sabe nada.",
    never: "No disponible",
    asOf: (when) => `No disponible, datos de ${when}`,
    suggest: "Sugerir una respuesta",
    given: "Está en el cuadro de texto. Léela antes de enviarla.",
    noAnswer: "No sabe qué responder.",
    putOn: (name) => `Etiquetar ${name}`,
    why: {
      late: "Tarda demasiado en responder.",
      down: "No se puede contactar.",
      wrong: "Su respuesta no se puede mostrar.",
      refused: "Se niega a responder o aún no tiene secreto.",
      spent: "Hoy ya se le preguntó tanto como se permite. Se le preguntará mañana, o cuando un administrador permita más.",
    },
  },
  pt: {
    asking: "Consultando…",
    nothing: "Nada se sabe aqui.",
    never: "Indisponível",
    asOf: (when) => `Indisponível, dados de ${when}`,
    suggest: "Sugerir uma resposta",
    given: "Está na caixa de texto. Leia antes de enviar.",
    noAnswer: "Não sabe o que responder.",
    putOn: (name) => `Etiquetar ${name}`,
    why: {
      late: "Demora demais para responder.",
      down: "Não é possível contatá-la.",
      wrong: "A resposta dela não pode ser mostrada.",
      refused: "Recusa-se a responder ou ainda não tem segredo.",
      spent: "Hoje já foi consultada tanto quanto é permitido. Volta a ser amanhã, ou quando um administrador permitir mais.",
    },
  },
  ar: {
    asking: "جارٍ السؤال…",
    nothing: "لا يُعرف شيء هنا.",
    never: "غير متاح",
    asOf: (when) => `غير متاح، البيانات من ${when}`,
    suggest: "اقترح ردًّا",
    given: "النص في خانة الكتابة. اقرأه قبل إرساله.",
    noAnswer: "لا يعرف ردًّا.",
    putOn: (name) => `ضع الوسم ${name}`,
    why: {
      late: "يستغرق الرد وقتًا طويلًا.",
      down: "لا يمكن الوصول إليه.",
      wrong: "لا يمكن عرض رده.",
      refused: "يرفض الرد، أو ليس له سرّ بعد.",
      spent: "سُئل اليوم بقدر ما يُسمح به. يُسأل من جديد غدًا، أو حين يسمح مدير بالمزيد.",
    },
  },
};
