// Numbers and plurals as each language has them.

type Forms = { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>;

export function plural(locale: string): (count: number, forms: Forms) => string {
  const rules = new Intl.PluralRules(locale);
  return (count, forms) => forms[rules.select(count)] ?? forms.other;
}

/** A number as it is read: "12,345". What is written already stays as it is. */
export function counted(locale: string): (value: number | string) => string {
  const format = new Intl.NumberFormat(locale);
  return (value) => (typeof value === "number" ? format.format(value) : value);
}

const inArabic = plural("ar");
/** So many characters in Arabic, whose noun changes with the number. */
export const arabicChars = (count: number): string =>
  inArabic(count, { few: `${count} أحرف`, other: `${count} حرفًا` });
