import { useState } from 'preact/hooks';
import { callFor } from '../../state/call.ts';
import { ProblemError } from '../../state/call-error.ts';
import { refreshNow } from '../../state/polling.ts';
import type { ExactValue } from '../../text/exact-json.ts';
import { Fault } from '../fault.tsx';

/** Runs an operation of the service now, and hands on its report. */
export function RunButton({
  path,
  name,
  onReport,
}: {
  path: string;
  name: string;
  onReport: (report: ExactValue) => void;
}) {
  const [isBusy, setBusy] = useState(false);
  const [fault, setFault] = useState<ProblemError | null>(null);

  async function run(): Promise<void> {
    setBusy(true);
    setFault(null);
    try {
      onReport(await callFor<ExactValue>(path, { method: 'POST' }));
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
