import { isSavedFrom } from '../../../lib/client/contains.ts';

/** Whether the stored text is what a save of the given text leaves, to the digit. */
export function isSameState(stored: string, given: string): boolean {
  return stored === given || isSavedFrom(withDigits(stored), withDigits(given));
}

/** The value, with numbers as they are written. */
function withDigits(text: string): unknown {
  return JSON.parse(text, (_name, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' ? `number ${context?.source ?? value}` : value,
  );
}
