import { contains } from '../../../lib/client/contains.ts';
import { isRecord } from '../../../lib/worker/shape/structures.ts';

/** Whether the stored text is what a save of the given text leaves, to the digit. The service sets two members itself. */
export function isSameState(stored: string, given: string): boolean {
  if (stored === given) return true;
  const value = withDigits(given);
  if (!isRecord(value)) return false;
  const { updated_at: _at, dalsegno: _own, ...rest } = value;
  return contains(withDigits(stored), rest);
}

/** The value, with numbers as they are written. */
function withDigits(text: string): unknown {
  return JSON.parse(text, (_name, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' ? `number ${context?.source ?? value}` : value,
  );
}
