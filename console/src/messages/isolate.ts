/** Keeps its own direction inside a sentence of another. */
export const isolate = (text: string): string => `\u2068${text}\u2069`;

export const isRightToLeft = (text: string): boolean => /[\u0590-\u08ff\ufb1d-\ufefc]/.test(text);
