// Made from words/reminders.words by words/words.mjs; not edited by hand.

import type { Language } from "./index.svelte.ts";
import { isolate } from "./isolate.ts";

const en = {
  title: "Remind me",
  hint: "You are called back to this conversation. Its status stays. The reminder ends when you answer or resolve.",
  standing: (time: string) => `You have a reminder here for ${time}. Another one replaces it.`,
  at: "When",
  past: "Choose a time within the next year.",
  text: "What about? Colleagues may read it",
  followUp: "Only if the customer has not answered until then",
  save: "Remind me",
  end: "Remove the reminder",
  set: (time: string) => `You are reminded ${time}`,
  ended: "The reminder is gone",
  wants: (name: string, time: string) => `${name} wants to be reminded ${time}`,
  follows: (name: string, time: string) => `${name} follows up ${time} unless the customer answers`,
  rang: (name: string) => `A reminder for ${name} was due`,
  removed: (name: string) => `${name} removed a reminder`,
};

export type ReminderWords = typeof en;

const es: ReminderWords = {
  title: "Recordármelo",
  hint: "Se te llama de nuevo a esta conversación. Su estado no cambia. El recordatorio termina cuando respondes o resuelves.",
  standing: (time: string) => `Aquí tienes un recordatorio para ${time}. Otro lo reemplaza.`,
  at: "Cuándo",
  past: "Elige un momento dentro del próximo año.",
  text: "¿Sobre qué? Tus colegas pueden leerlo",
  followUp: "Solo si el cliente no ha respondido hasta entonces",
  save: "Recordármelo",
  end: "Quitar el recordatorio",
  set: (time: string) => `Recordatorio: ${time}`,
  ended: "El recordatorio se quitó",
  wants: (name: string, time: string) => `${name} quiere un recordatorio: ${time}`,
  follows: (name: string, time: string) => `${name} insiste ${time} si el cliente no responde`,
  rang: (name: string) => `Llegó un recordatorio para ${name}`,
  removed: (name: string) => `${name} quitó un recordatorio`,
};

const pt: ReminderWords = {
  title: "Lembrar-me",
  hint: "Você é chamado de volta a esta conversa. O estado não muda. O lembrete termina quando você responde ou resolve.",
  standing: (time: string) => `Você tem um lembrete aqui para ${time}. Outro o substitui.`,
  at: "Quando",
  past: "Escolha uma hora no próximo ano.",
  text: "Sobre o quê? Colegas podem ler",
  followUp: "Só se o cliente não tiver respondido até lá",
  save: "Lembrar-me",
  end: "Remover o lembrete",
  set: (time: string) => `Lembrete: ${time}`,
  ended: "O lembrete foi removido",
  wants: (name: string, time: string) => `${name} quer um lembrete: ${time}`,
  follows: (name: string, time: string) => `${name} volta ao assunto ${time} se o cliente não responder`,
  rang: (name: string) => `Chegou a hora de um lembrete de ${name}`,
  removed: (name: string) => `${name} removeu um lembrete`,
};

const ar: ReminderWords = {
  title: "ذكّرني",
  hint: "تُنادى من جديد إلى هذه المحادثة. لا تتغير حالتها. ينتهي التذكير عندما تجيب أو تحلّها.",
  standing: (time: string) => `لديك تذكير هنا: ${isolate(time)}. يحل تذكير آخر محله.`,
  at: "متى",
  past: "اختر وقتًا خلال السنة القادمة.",
  text: "عن ماذا؟ قد يقرؤه الزملاء",
  followUp: "فقط إذا لم يجب العميل حتى ذلك الوقت",
  save: "ذكّرني",
  end: "إزالة التذكير",
  set: (time: string) => `تذكير: ${isolate(time)}`,
  ended: "أُزيل التذكير",
  wants: (name: string, time: string) => `${isolate(name)} يريد تذكيرًا: ${isolate(time)}`,
  follows: (name: string, time: string) => `${isolate(name)} يعود إليها ${isolate(time)} إذا لم يجب العميل`,
  rang: (name: string) => `حان وقت تذكير ${isolate(name)}`,
  removed: (name: string) => `${isolate(name)} أزال تذكيرًا`,
};

export const reminderWords: Record<Language, ReminderWords> = { en, es, pt, ar };
