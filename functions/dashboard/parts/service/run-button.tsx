import { useState } from 'preact/hooks';
import { ProblemError } from '../../state/call-error.ts';
import { refreshNow } from '../../state/polling.ts';
import { Fault } from '../fault.tsx';

/** Runs an operation of the service now. */
export function RunButton({ name, operation }: { name: string; operation: () => Promise<void> }) {
  const [isBusy, setBusy] = useState(false);
  const [fault, setFault] = useState<ProblemError | null>(null);

  async function run(): Promise<void> {
    setBusy(true);
    setFault(null);
    try {
      await operation();
      refreshNow();
    } catch (error) {
      const isProblem = error instanceof ProblemError;
      setFault(isProblem ? error : new ProblemError(0, { detail: String(error) }));
    }
    setBusy(false);
  }

  return (
    <>
      <button type="button" class="button" disabled={isBusy} onClick={() => void run()}>
        {isBusy ? 'Running…' : name}
      </button>
      {fault === null ? null : <Fault fault={fault} />}
    </>
  );
}
