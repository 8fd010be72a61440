// Where a dialog begins for whoever works by keyboard: in its first field, else at its heading, and
// not on the button that closes it.

const FIELDS =
  "input:not([type=checkbox], [type=radio], [type=file], [type=hidden], .vh), select, textarea";

export function beginIn(dialog: HTMLElement) {
  // It said itself where.
  if (dialog.querySelector("[autofocus]") !== null) return;
  // By touch a field would bring up a keyboard over the rest.
  const isTouched = matchMedia("(pointer: coarse)").matches;
  const fields = [...dialog.querySelectorAll<HTMLInputElement>(FIELDS)];
  const field = isTouched
    ? undefined
    : fields.find(({ disabled, readOnly }) => !disabled && !readOnly);
  const heading = dialog.querySelector<HTMLElement>("h1, h2");
  if (field !== undefined) field.focus();
  else if (heading !== null) {
    heading.tabIndex = -1;
    heading.focus();
  }
}
