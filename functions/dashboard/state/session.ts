import { signal } from '@preact/signals';

const STORED_AS = 'dalsegno.token';

/** Why the service answers nothing without another token. */
export interface Refusal {
  /** `unauthorized`, `token_expired`. */
  readonly code: string;
  readonly detail: string;
}

/**
 * The access token of this tab; null while the service asks for none. It is in the session of the tab only: never in an
 * address, never in another tab.
 */
export const token = signal<string | null>(sessionStorage.getItem(STORED_AS));

/** Set by the first 401. While it is set, the page asks for a token and calls nothing. */
export const refusal = signal<Refusal | null>(null);

export function signIn(text: string): void {
  sessionStorage.setItem(STORED_AS, text);
  token.value = text;
  refusal.value = null;
}

export function signOut(): void {
  sessionStorage.removeItem(STORED_AS);
  token.value = null;
  refusal.value = { code: 'signed_out', detail: '' };
}

/** Notes a 401. An answer to an earlier token says nothing about the one of now. */
export function refuse(usedToken: string | null, reason: Refusal): void {
  if (usedToken === token.value) refusal.value = reason;
}
