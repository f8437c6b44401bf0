import type { BulkPreview, BulkProgress } from '../../state/bulk.ts';
import { amountText, countText } from '../../text/count.ts';
import { visibleText } from '../../text/visible-text.ts';
import { Bar } from '../bar.tsx';

/** The first jobs that match. */
export function Sample({ preview: { matched, sample } }: { preview: BulkPreview }) {
  if (sample.length === 0) return null;
  const rest = matched - sample.length;
  return (
    <details class="sample">
      <summary>Which ones</summary>
      <ul>
        {sample.map(jobId => (
          <li key={jobId}>
            <bdi>{visibleText(jobId)}</bdi>
          </li>
        ))}
        {rest > 0 ? <li class="muted">and {countText(rest)} more</li> : null}
      </ul>
    </details>
  );
}

/** How far a bulk action is, and what it left out. */
export function BulkReport({
  progress,
  total,
}: {
  progress: BulkProgress | null;
  total: number | null;
}) {
  const { seen = 0, done = 0, pending = 0, skippedCount = 0, skipped = [] } = progress ?? {};
  return (
    <div class="bulk-report">
      {total === null ? null : <Bar share={total === 0 ? 1 : seen / total} tone="run" />}
      <p class="number">
        {countText(done)} done
        {pending > 0 ? `, ${countText(pending)} passed to their holders` : ''}
        {skippedCount > 0 ? `, ${countText(skippedCount)} skipped` : ''}
        {total === null ? '' : ` of ${amountText(total, 'job')}`}
      </p>
      {skipped.length === 0 ? null : (
        <details>
          <summary>Skipped</summary>
          <ul>
            {skipped.map(({ job_id: jobId, code, detail }) => (
              <li key={jobId}>
                <bdi>{visibleText(jobId)}</bdi> <span class="tag">{code}</span>{' '}
                <span class="muted">{detail}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
