// Keys while letters are being composed are the input method's: the Enter that takes a word in
// Japanese, the arrows among its candidates, the Escape that gives it up. Once for the whole page,
// so that no field has to know.

/** What Safari gives the key that ends a composition, which it tells after its end. */
const OF_INPUT_METHOD = 229;

let isOn = false;

/** Whether something is being composed now. */
export const isComposing = (): boolean => isOn;

/** From now on no listener of this page hears the keys of an input method; the field does. */
export function guardComposing(target: Window): () => void {
  const begin = () => (isOn = true);
  const end = () => (isOn = false);
  const key = (event: KeyboardEvent) => {
    const { keyCode } = event as { keyCode: number };
    if (event.isComposing || keyCode === OF_INPUT_METHOD) event.stopImmediatePropagation();
  };
  const stopping = new AbortController();
  const how = { capture: true, signal: stopping.signal };
  target.addEventListener("compositionstart", begin, how);
  target.addEventListener("compositionend", end, how);
  target.addEventListener("focusout", end, how);
  target.addEventListener("keydown", key, how);
  target.addEventListener("keyup", key, how);
  return () => stopping.abort();
}
