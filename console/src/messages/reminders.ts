// Reminders and follow-ups, in all languages at once.

import type { Language } from "./index.svelte.ts";

export interface ReminderWords {
  title: string;
  hint: string;
  standing: (time: string) => string;
  at: string;
  past: string;
  text: string;
  followUp: string;
  save: string;
  end: string;
  set: (time: string) => string;
  ended: string;
  wants: (name: string, time: string) => string;
  follows: (name: string, time: string) => string;
  rang: (name: string) => string;
  removed: (name: string) => string;
}

const en: ReminderWords = {
  title: "Remind me",
  hint: "You are called back to this conversation. Its status stays. The reminder ends when you answer or resolve.",
  standing: (time) => `You have a reminder here for ${time}. Another one replaces it.`,
  at: "When",
  past: "Choose a time within the next year.",
  text: "What about? Colleagues may read it",
  followUp: "Only if the customer has not answered until then",
  save: "Remind me",
  end: "Remove the reminder",
  set: (time) => `You are reminded ${time}`,
  ended: "The reminder is gone",
  wants: (name, time) => `${name} wants to be reminded ${time}`,
  follows: (name, time) => `${name} follows up ${time} unless the customer answers`,
  rang: (name) => `A reminder for ${name} was due`,
  removed: (name) => `${name} removed a reminder`,
};

const es: ReminderWords = {
  title: "Recordármelo",
  hint: "Se te llama de nuevo a esta conversación. Su estado no cambia. El recordatorio termina cuando respondes o resuelves.",
  standing: (time) => `Aquí tienes un recordatorio para ${time}. Otro lo reemplaza.`,
  at: "Cuándo",
  past: "Elige un momento dentro del próximo año.",
  text: "¿Sobre qué? Tus colegas pueden leerlo",
  followUp: "Solo si el cliente no ha respondido hasta entonces",
  save: "Recordármelo",
  end: "Quitar el recordatorio",
  set: (time) => `Recordatorio: ${time}`,
  ended: "El recordatorio se quitó",
  wants: (name, time) => `${name} quiere un recordatorio: ${time}`,
  follows: (name, time) => `${name} insiste ${time} si el cliente no responde`,
  rang: (name) => `Llegó un recordatorio para ${name}`,
  removed: (name) => `${name} quitó un recordatorio`,
};

const pt: ReminderWords = {
  title: "Lembrar-me",
  hint: "Você é chamado de volta a esta conversa. O estado não muda. O lembrete termina quando você responde ou resolve.",
  standing: (time) => `Você tem um lembrete aqui para ${time}. Outro o substitui.`,
  at: "Quando",
  past: "Escolha uma hora no próximo ano.",
  text: "Sobre o quê? Colegas podem ler",
  followUp: "Só se o cliente não tiver respondido até lá",
  save: "Lembrar-me",
  end: "Remover o lembrete",
  set: (time) => `Lembrete: ${time}`,
  ended: "O lembrete foi removido",
  wants: (name, time) => `${name} quer um lembrete: ${time}`,
  follows: (name, time) => `${name} volta ao assunto ${time} se o cliente não responder`,
  rang: (name) => `Chegou a hora de um lembrete de ${name}`,
  removed: (name) => `${name} removeu um lembrete`,
};

const ar: ReminderWords = {
  title: "ذكّرني",
  hint: "تُنادى من جديد إلى هذه المحادثة. لا تتغير حالتها. ينتهي التذكير عندما تجيب أو تحلّها.",
  standing: (time) => `لديك تذكير هنا: ${time}. يحل تذكير آخر محله.`,
  at: "متى",
  past: "اختر وقتًا خلال السنة القادمة.",
  text: "عن ماذا؟ قد يقرؤه الزملاء",
  followUp: "فقط إذا لم يجب العميل حتى ذلك الوقت",
  save: "ذكّرني",
  end: "إزالة التذكير",
  set: (time) => `تذكير: ${time}`,
  ended: "أُزيل التذكير",
  wants: (name, time) => `${name} يريد تذكيرًا: ${time}`,
  follows: (name, time) => `${name} يعود إليها ${time} إذا لم يجب العميل`,
  rang: (name) => `حان وقت تذكير ${name}`,
  removed: (name) => `${name} أزال تذكيرًا`,
};

export const reminderWords: Record<Language, ReminderWords> = { en, es, pt, ar };
