// Plurals as each language has them.

type Forms = { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>;

export function plural(locale: string): (count: number, forms: Forms) => string {
  const rules = new Intl.PluralRules(locale);
  return (count, forms) => forms[rules.select(count)] ?? forms.other;
}
