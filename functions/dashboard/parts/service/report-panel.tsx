import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import { callFor } from '../../state/call.ts';
import { now } from '../../state/time.ts';
import { millisOf } from '../../text/instant.ts';
import type { Dated } from '../../text/stats.ts';
import { Ago } from '../time.tsx';
import { RunButton } from './run-button.tsx';

/** What an operation of the service has last found, and a button that runs it now. */
export function ReportPanel<Report extends object>({
  title,
  path,
  action,
  last,
  before,
  children,
}: {
  title: string;
  path: string;
  /** The name of the button. */
  action: string;
  /** The last report of the process that has answered; null where it has none. */
  last: Dated<Report> | null;
  /** In place of a report before the first. */
  before: string;
  children: (report: Report) => ComponentChildren;
}) {
  const [own, setOwn] = useState<Dated<Report> | null>(null);
  const titleId = useId();
  const shown = newest(own, last);

  async function run(): Promise<void> {
    const report = await callFor<Report>(path, { method: 'POST' });
    setOwn({ ...report, at: new Date(now.peek()).toISOString() });
  }

  return (
    <section class="panel" aria-labelledby={titleId}>
      <div class="panel-head">
        <h2 id={titleId}>{title}</h2>
        {shown === null ? null : (
          <span class="muted small">
            <Ago instant={shown.at} />
          </span>
        )}
        <span class="spread" />
        <RunButton name={action} operation={run} />
      </div>
      {shown === null ? <p class="muted">{before}</p> : children(shown)}
    </section>
  );
}

/** At the edge another process than the one that ran may answer: it knows an older report, or none. */
function newest<Report>(
  own: Dated<Report> | null,
  last: Dated<Report> | null,
): Dated<Report> | null {
  if (own === null || last === null) return own ?? last;
  return (millisOf(last.at) ?? 0) < (millisOf(own.at) ?? 0) ? own : last;
}
