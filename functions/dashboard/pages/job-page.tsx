import { useEffect, useMemo } from 'preact/hooks';
import { CopyButton } from '../parts/copy-button.tsx';
import { Fault } from '../parts/fault.tsx';
import { Icon } from '../parts/icon.tsx';
import { ActionButtons } from '../parts/job/action-buttons.tsx';
import { JobFacts } from '../parts/job/job-facts.tsx';
import { RawJson } from '../parts/job/raw-json.tsx';
import { SheetsView } from '../parts/job/sheets-view.tsx';
import { Timeline } from '../parts/job/timeline.tsx';
import { WhyPanel } from '../parts/job/why-panel.tsx';
import { useKeys } from '../parts/keyboard.ts';
import { curlCommand } from '../state/curl-command.ts';
import { createJobDetail, type JobDetail } from '../state/job-detail.ts';
import { jobsHash } from '../state/last-list.ts';
import { replaceRoute } from '../state/navigation.ts';
import { addTask, refreshNow } from '../state/polling.ts';
import { bytesText } from '../text/count.ts';
import { jobPath } from '../text/curl.ts';
import { textAt } from '../text/exact-json.ts';
import { clockText } from '../text/instant.ts';
import type { ActionSubject } from '../text/job-action.ts';
import { hashOf, type JobView, type Route } from '../text/route.ts';
import { nextWith } from '../text/sheet-cell.ts';
import { visibleText } from '../text/visible-text.ts';

const VIEWS: readonly (readonly [view: JobView, name: string])[] = [
  ['sheets', 'Sheets'],
  ['timeline', 'Timeline'],
  ['json', 'JSON'],
];

/** One job: why it is where it is, its sheets, what happened to it, and its state. */
export function JobPage({ route }: { route: Extract<Route, { page: 'job' }> }) {
  const { jobId, view, sheet } = route;
  const detail = useMemo(() => createJobDetail(jobId), [jobId]);
  useEffect(() => addTask(detail.load), [detail]);
  const why = detail.why.value;
  const loaded = detail.loaded.value;
  const cells = detail.cells.value;
  const choose = (next: number | null): void =>
    replaceRoute({ ...route, view: 'sheets', sheet: next });
  const goFailed = (step: 1 | -1): void => {
    const found = nextWith(cells, 'failed', { from: sheet ?? 0, step });
    if (found !== null) choose(found);
  };
  useKeys({
    Escape: () => {
      globalThis.location.hash = jobsHash.peek();
    },
    n: () => goFailed(1),
    p: () => goFailed(-1),
  });

  const id = visibleText(jobId);
  return (
    <>
      <nav class="crumbs" aria-label="Way back">
        <a href={jobsHash.value}>
          <Icon name="left" size={14} />
          Jobs
        </a>
      </nav>
      <div class="job-head">
        <div class="job-title">
          <h1>
            <bdi>{id}</bdi>
          </h1>
          <CopyButton text={() => jobId} label="the id" />
          {loaded === null ? null : (
            <bdi class="muted">{visibleText(textAt(loaded.state, 'job_name') ?? '')}</bdi>
          )}
        </div>
        {why === null ? null : (
          <div class="job-actions">
            <ActionButtons jobId={jobId} subject={subjectOf(detail)} onDone={detail.wantAll} />
            <CopyButton
              label="GET as curl"
              shown="curl"
              text={() => curlCommand({ method: 'GET', path: jobPath(jobId) })}
            />
          </div>
        )}
      </div>
      {detail.fault.value === null ? null : <Fault fault={detail.fault.value} />}
      {why === null ? (
        detail.fault.value === null ? (
          <p class="panel muted">Asking why it is where it is…</p>
        ) : null
      ) : (
        <WhyPanel why={why} asOf={detail.isPaced.value ? clockText(why.loadedAt) : null} />
      )}
      {loaded === null ? null : (
        <>
          <JobFacts state={loaded.state} etag={loaded.etag} recoveries={why?.recoveries ?? 0} />
          <nav class="tabs" aria-label="Parts of the job">
            {VIEWS.map(([name, title]) => (
              <a
                key={name}
                href={hashOf({ page: 'job', jobId, view: name, sheet })}
                aria-current={name === view ? 'page' : undefined}
              >
                {title}
              </a>
            ))}
            {detail.isPaced.value ? (
              <span class="muted small tabs-end">
                {bytesText(loaded.text.length)}, as of {clockText(loaded.loadedAt)}{' '}
                <button
                  type="button"
                  class="link"
                  onClick={() => {
                    detail.wantAll();
                    refreshNow();
                  }}
                >
                  load now
                </button>
              </span>
            ) : null}
          </nav>
          {view === 'sheets' ? (
            <SheetsView state={loaded.state} cells={cells} chosen={sheet} onChoose={choose} />
          ) : view === 'timeline' ? (
            <Timeline state={loaded.state} cells={cells} />
          ) : (
            <RawJson text={loaded.text} name={jobId} />
          )}
        </>
      )}
    </>
  );
}

/** A zombie has a holder that nobody waits for: its lease is over. */
function subjectOf({ why }: JobDetail): ActionSubject {
  const current = why.value;
  const isHeld = current?.lease !== null && ['held', 'stalled'].includes(current?.standing ?? '');
  return {
    status: current?.status ?? null,
    holder: isHeld ? (current?.holder ?? null) : null,
    requested: current?.requested ?? null,
  };
}
