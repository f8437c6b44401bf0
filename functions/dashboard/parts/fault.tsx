import type { ProblemError } from '../state/call-error.ts';

const ADVICE: Readonly<Record<string, string>> = {
  forbidden: 'Sign out, and sign in with an access token that may.',
  job_not_found: 'It was deleted, or never existed, or the address is not complete.',
  state_corrupt:
    'The stored file is no state. It is left as it is: read it in the store, and save a whole state over it, or delete the job.',
  leases_unsupported: 'The store has no leases.',
  not_found: 'This service is older than its dashboard.',
};

/** A refusal of the service in place of what it would have shown. */
export function Fault({ fault }: { fault: ProblemError }) {
  const advice = ADVICE[fault.code];
  return (
    <div class="fault" role="alert">
      <p>
        <strong>{fault.message}</strong>
      </p>
      {advice === undefined ? null : <p>{advice}</p>}
      <p class="muted small">
        <code>
          {fault.status} {fault.code}
        </code>
        {fault.requestId === null ? null : (
          <>
            {' '}
            request <code>{fault.requestId}</code>
          </>
        )}
      </p>
    </div>
  );
}
