import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../parts/icon.tsx';
import { type Refusal, signIn } from '../state/session.ts';

const REASONS: Readonly<Record<string, string>> = {
  unauthorized: 'This service asks for an access token.',
  token_expired: 'This access token has expired.',
  signed_out: 'You have signed out.',
};

/** Asks for an access token. It is shown only where the service refuses to answer without another one. */
export function SignInPage({ refusal, hadToken }: { refusal: Refusal; hadToken: boolean }) {
  const [text, setText] = useState('');
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const reason =
    hadToken && refusal.code === 'unauthorized'
      ? 'The service does not know this access token.'
      : (REASONS[refusal.code] ?? refusal.detail);
  return (
    <div class="sign-in">
      <span class="brand-sign big">
        <Icon name="sign" size={34} />
      </span>
      <h1>Dal Segno</h1>
      <p role="status">{reason}</p>
      <form
        onSubmit={event => {
          event.preventDefault();
          if (text.trim() !== '') signIn(text.trim());
        }}
      >
        <label class="field-labelled">
          <span>Access token</span>
          <input
            ref={field}
            type="password"
            autocomplete="off"
            spellcheck={false}
            value={text}
            onInput={event => setText(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="button primary" disabled={text.trim() === ''}>
          Sign in
        </button>
      </form>
      <p class="muted small">
        The token stays in this tab until you close it or sign out. It is sent to this service only,
        in a header.
      </p>
    </div>
  );
}
