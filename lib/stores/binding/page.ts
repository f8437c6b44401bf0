import { StoreError } from '../../store.ts';

/** The cursor at which the list continues after a page that is not the last one. */
export function cursorOf(
  { cursor }: { readonly cursor?: string | undefined },
  attempt: string,
): string {
  if (cursor !== undefined) return cursor;
  throw new StoreError(`Cannot ${attempt}: a page that is not the last one has no cursor`);
}
