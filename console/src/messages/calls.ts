// Made from words/calls.words by words/words.mjs; not edited by hand.

import type { Language } from "./index.svelte.ts";
import { isolate } from "./isolate.ts";

const en = {
  ends: {
    first: (customer: string) => `The time to answer ${customer} is about to end`,
    next: (customer: string) => `The time to answer ${customer} again is about to end`,
    resolution: (customer: string) => `The time to solve it for ${customer} is about to end`,
  },
  broken: {
    first: (customer: string) => `${customer} has waited for a first answer longer than promised`,
    next: (customer: string) => `${customer} has waited for an answer longer than promised`,
    resolution: (customer: string) => `It took longer than promised to solve it for ${customer}`,
  },
  rule: (name: string, customer: string) => `Rule “${name}” calls you: ${customer}`,
  /** Nothing happened for long: the team's own follow-up. */
  idle: (customer: string) => `Nothing has happened for long: ${customer}`,
  nobody: (customer: string) => `Nobody could be asked to take ${customer}`,
  away: (customer: string) => `The owner is not there, and ${customer} waits`,
  urgent: (customer: string) => `It is urgent: ${customer}`,
};

export type CallWords = typeof en;

const es: CallWords = {
  ends: {
    first: (customer: string) => `Se acaba el plazo para responder a ${customer}`,
    next: (customer: string) => `Se acaba el plazo para volver a responder a ${customer}`,
    resolution: (customer: string) => `Se acaba el plazo para resolver lo de ${customer}`,
  },
  broken: {
    first: (customer: string) => `${customer} espera la primera respuesta más de lo prometido`,
    next: (customer: string) => `${customer} espera respuesta más de lo prometido`,
    resolution: (customer: string) => `Resolver lo de ${customer} tarda más de lo prometido`,
  },
  rule: (name: string, customer: string) => `La regla «${name}» te llama: ${customer}`,
  idle: (customer: string) => `Hace mucho que no pasa nada: ${customer}`,
  nobody: (customer: string) => `No había a quién pedirle que atienda a ${customer}`,
  away: (customer: string) => `Quien la lleva no está, y ${customer} espera`,
  urgent: (customer: string) => `Es urgente: ${customer}`,
};

const pt: CallWords = {
  ends: {
    first: (customer: string) => `O prazo para responder a ${customer} está acabando`,
    next: (customer: string) => `O prazo para responder de novo a ${customer} está acabando`,
    resolution: (customer: string) => `O prazo para resolver o caso de ${customer} está acabando`,
  },
  broken: {
    first: (customer: string) => `${customer} espera a primeira resposta há mais do que o prometido`,
    next: (customer: string) => `${customer} espera resposta há mais do que o prometido`,
    resolution: (customer: string) => `Resolver o caso de ${customer} demora mais do que o prometido`,
  },
  rule: (name: string, customer: string) => `A regra “${name}” chama você: ${customer}`,
  idle: (customer: string) => `Nada acontece há muito tempo: ${customer}`,
  nobody: (customer: string) => `Não havia a quem pedir que atenda ${customer}`,
  away: (customer: string) => `O responsável não está, e ${customer} espera`,
  urgent: (customer: string) => `É urgente: ${customer}`,
};

const ar: CallWords = {
  ends: {
    first: (customer: string) => `أوشكت مهلة الرد على ${isolate(customer)} أن تنتهي`,
    next: (customer: string) => `أوشكت مهلة الرد مجددًا على ${isolate(customer)} أن تنتهي`,
    resolution: (customer: string) => `أوشكت مهلة الحل لـ ${isolate(customer)} أن تنتهي`,
  },
  broken: {
    first: (customer: string) => `ينتظر ${isolate(customer)} أول رد أطول مما وُعد به`,
    next: (customer: string) => `ينتظر ${isolate(customer)} ردًا أطول مما وُعد به`,
    resolution: (customer: string) => `استغرق الحل لـ ${isolate(customer)} أطول مما وُعد به`,
  },
  rule: (name: string, customer: string) => `تناديك القاعدة «${isolate(name)}»: ${isolate(customer)}`,
  idle: (customer: string) => `لم يحدث شيء منذ مدة طويلة: ${isolate(customer)}`,
  nobody: (customer: string) => `لم يوجد من يُطلب منه تولّي ${isolate(customer)}`,
  away: (customer: string) => `المسؤول غير موجود، و${isolate(customer)} ينتظر`,
  urgent: (customer: string) => `الأمر عاجل: ${isolate(customer)}`,
};

export const callWords: Record<Language, CallWords> = { en, es, pt, ar };
