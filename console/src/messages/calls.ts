// Why Baton calls somebody by itself, in all languages: loaded when it does.

import type { Promised } from "../protocol.ts";
import type { Language } from "./index.svelte.ts";

export interface CallWords {
  /** A promised time is about to end, or is over. */
  ends: Record<Promised, (customer: string) => string>;
  broken: Record<Promised, (customer: string) => string>;
  rule: (name: string, customer: string) => string;
  /** Nothing happened for long: the team's own follow-up. */
  idle: (customer: string) => string;
  nobody: (customer: string) => string;
  away: (customer: string) => string;
  urgent: (customer: string) => string;
}

const en: CallWords = {
  ends: {
    first: (customer) => `The time to answer ${customer} is about to end`,
    next: (customer) => `The time to answer ${customer} again is about to end`,
    resolution: (customer) => `The time to solve it for ${customer} is about to end`,
  },
  broken: {
    first: (customer) => `${customer} has waited for a first answer longer than promised`,
    next: (customer) => `${customer} has waited for an answer longer than promised`,
    resolution: (customer) => `It took longer than promised to solve it for ${customer}`,
  },
  rule: (name, customer) => `Rule “${name}” calls you: ${customer}`,
  idle: (customer) => `Nothing has happened for long: ${customer}`,
  nobody: (customer) => `Nobody could be asked to take ${customer}`,
  away: (customer) => `The owner is not there, and ${customer} waits`,
  urgent: (customer) => `It is urgent: ${customer}`,
};

const es: CallWords = {
  ends: {
    first: (customer) => `Se acaba el plazo para responder a ${customer}`,
    next: (customer) => `Se acaba el plazo para volver a responder a ${customer}`,
    resolution: (customer) => `Se acaba el plazo para resolver lo de ${customer}`,
  },
  broken: {
    first: (customer) => `${customer} espera la primera respuesta más de lo prometido`,
    next: (customer) => `${customer} espera respuesta más de lo prometido`,
    resolution: (customer) => `Resolver lo de ${customer} tarda más de lo prometido`,
  },
  rule: (name, customer) => `La regla «${name}» te llama: ${customer}`,
  idle: (customer) => `Hace mucho que no pasa nada: ${customer}`,
  nobody: (customer) => `No había a quién pedirle que atienda a ${customer}`,
  away: (customer) => `Quien la lleva no está, y ${customer} espera`,
  urgent: (customer) => `Es urgente: ${customer}`,
};

const pt: CallWords = {
  ends: {
    first: (customer) => `O prazo para responder a ${customer} está acabando`,
    next: (customer) => `O prazo para responder de novo a ${customer} está acabando`,
    resolution: (customer) => `O prazo para resolver o caso de ${customer} está acabando`,
  },
  broken: {
    first: (customer) => `${customer} espera a primeira resposta há mais do que o prometido`,
    next: (customer) => `${customer} espera resposta há mais do que o prometido`,
    resolution: (customer) => `Resolver o caso de ${customer} demora mais do que o prometido`,
  },
  rule: (name, customer) => `A regra “${name}” chama você: ${customer}`,
  idle: (customer) => `Nada acontece há muito tempo: ${customer}`,
  nobody: (customer) => `Não havia a quem pedir que atenda ${customer}`,
  away: (customer) => `O responsável não está, e ${customer} espera`,
  urgent: (customer) => `É urgente: ${customer}`,
};

const ar: CallWords = {
  ends: {
    first: (customer) => `أوشكت مهلة الرد على ${customer} أن تنتهي`,
    next: (customer) => `أوشكت مهلة الرد مجددًا على ${customer} أن تنتهي`,
    resolution: (customer) => `أوشكت مهلة الحل لـ ${customer} أن تنتهي`,
  },
  broken: {
    first: (customer) => `ينتظر ${customer} أول رد أطول مما وُعد به`,
    next: (customer) => `ينتظر ${customer} ردًا أطول مما وُعد به`,
    resolution: (customer) => `استغرق الحل لـ ${customer} أطول مما وُعد به`,
  },
  rule: (name, customer) => `تناديك القاعدة «${name}»: ${customer}`,
  idle: (customer) => `لم يحدث شيء منذ مدة طويلة: ${customer}`,
  nobody: (customer) => `لم يوجد من يُطلب منه تولّي ${customer}`,
  away: (customer) => `المسؤول غير موجود، و${customer} ينتظر`,
  urgent: (customer) => `الأمر عاجل: ${customer}`,
};

export const callWords: Record<Language, CallWords> = { en, es, pt, ar };
