import type { JobRow } from '../../text/job-row.ts';
import { hashOf } from '../../text/route.ts';
import { toneOfStatus } from '../../text/status.ts';
import { visibleText } from '../../text/visible-text.ts';
import { Progress } from '../bar.tsx';
import { LeaseTime } from '../lease-time.tsx';
import { Standing, StatusPill } from '../pill.tsx';
import { Ago } from '../time.tsx';

/** One job of the list: columns, or a card on a narrow screen. */
export function Row({
  job,
  index,
  top,
  isOldest,
}: {
  job: JobRow;
  index: number;
  top: number;
  isOldest: boolean;
}) {
  const [done, total] = job.progress;
  const id = visibleText(job.job_id);
  return (
    <div
      class={isOldest ? 'row is-oldest' : 'row'}
      role="row"
      aria-rowindex={index + 2}
      style={{ transform: `translateY(${top}px)` }}
    >
      <div class="cell-job" role="cell">
        <a
          class="job-link"
          href={hashOf({ page: 'job', jobId: job.job_id, view: 'sheets', sheet: null })}
        >
          <bdi title={id}>{id}</bdi>
        </a>
        {isOldest ? <span class="tag">oldest waiting</span> : null}
        <bdi class="job-name muted" title={job.error_message ?? job.job_name}>
          {job.error_message === null ? (
            visibleText(job.job_name)
          ) : (
            <span class={job.status === 'failed' ? 'tone-bad tone-text' : ''}>
              {visibleText(job.error_message)}
            </span>
          )}
        </bdi>
      </div>
      <div class="cell-status" role="cell">
        <StatusPill status={job.status} />
      </div>
      <div class="cell-standing" role="cell">
        <Standing standing={job.standing} />
      </div>
      <div class="cell-progress" role="cell">
        <Progress done={done} total={total} tone={toneOfStatus(job.status)} />
      </div>
      <div class="cell-holder" role="cell">
        {job.holder === null ? (
          <span class="muted">–</span>
        ) : (
          <bdi title={job.holder}>{visibleText(job.holder)}</bdi>
        )}
      </div>
      <div class="cell-lease" role="cell">
        <LeaseTime facts={job} />
      </div>
      <div class="cell-activity muted" role="cell">
        <Ago instant={job.last_activity_at} />
      </div>
    </div>
  );
}
