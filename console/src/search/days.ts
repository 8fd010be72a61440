// Days as people choose them, and the instants that the server is asked with: days are those of the
// browser's own time zone, and the last one counts whole.

const DAY = /^\d{4}-\d{2}-\d{2}$/;

const midnight = (day: string, later = 0): Date => {
  const date = new Date(`${day}T00:00:00`);
  date.setDate(date.getDate() + later);
  return date;
};

export const isDay = (text: string): boolean =>
  DAY.test(text) && !Number.isNaN(midnight(text).getTime());

/** When a day begins. */
export const beginOf = (day: string): string => midnight(day).toISOString();
/** When a day is over. */
export const endOf = (day: string): string => midnight(day, 1).toISOString();

function written(date: Date): string {
  const two = (part: number) => String(part).padStart(2, "0");
  return `${String(date.getFullYear()).padStart(4, "0")}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The day of an instant. */
export const dayOf = (instant: string): string => written(new Date(instant));
/** The last day before an instant. */
export const dayBefore = (instant: string): string => written(new Date(Date.parse(instant) - 1));

/** Whether the first day is later than the last: nothing lies between them. */
export const isBackwards = ({
  from = "",
  until = "",
}: {
  from?: string;
  until?: string;
}): boolean => isDay(from) && isDay(until) && from > until;
