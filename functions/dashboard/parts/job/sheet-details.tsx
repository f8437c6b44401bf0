import { now } from '../../state/time.ts';
import { durationText } from '../../text/duration.ts';
import {
  type ExactObject,
  type ExactValue,
  exactText,
  isObject,
  numberAt,
  textAt,
} from '../../text/exact-json.ts';
import { millisOf } from '../../text/instant.ts';
import { CopyButton } from '../copy-button.tsx';
import { Icon } from '../icon.tsx';
import { StatusPill } from '../pill.tsx';
import { Moment } from '../time.tsx';
import { Output } from './output.tsx';

/** Everything about one sheet. */
export function SheetDetails({
  number,
  total,
  sheet,
  onChoose,
}: {
  number: number;
  total: number;
  /** Null where it has not run. */
  sheet: ExactObject | null;
  onChoose: (sheet: number | null) => void;
}) {
  return (
    <section class="panel sheet-details" aria-labelledby="sheet-title">
      <div class="panel-head">
        <h2 id="sheet-title">
          Sheet <span class="number">{number}</span>
        </h2>
        <StatusPill status={sheet === null ? 'pending' : (textAt(sheet, 'status') ?? 'pending')} />
        <span class="spread" />
        <button
          type="button"
          class="ghost"
          aria-label="Previous sheet"
          disabled={number <= 1}
          onClick={() => onChoose(number - 1)}
        >
          <Icon name="left" />
        </button>
        <button
          type="button"
          class="ghost"
          aria-label="Next sheet"
          disabled={number >= total}
          onClick={() => onChoose(number + 1)}
        >
          <Icon name="chevron" />
        </button>
        <button type="button" class="ghost" aria-label="Close" onClick={() => onChoose(null)}>
          <Icon name="cross" />
        </button>
      </div>
      {sheet === null ? <p class="muted">This sheet has not run yet.</p> : <Record sheet={sheet} />}
    </section>
  );
}

function Record({ sheet }: { sheet: ExactObject }) {
  const startedAt = textAt(sheet, 'started_at');
  const completedAt = textAt(sheet, 'completed_at');
  const message = textAt(sheet, 'error_message');
  const history = sheet['error_history'];
  const errors = Array.isArray(history) ? history.filter(isObject) : [];
  return (
    <>
      {message === null ? null : (
        <p class="error-text">
          <bdi>{message}</bdi>
        </p>
      )}
      <dl class="facts">
        <Fact name="Attempts" value={sheet['attempt_count']} />
        <div>
          <dt>Started</dt>
          <dd>
            <Moment instant={startedAt} />
          </dd>
        </div>
        <div>
          <dt>Ended</dt>
          <dd>
            <Moment instant={completedAt} />
          </dd>
        </div>
        <div>
          <dt>Took</dt>
          <dd class="number">{tookText(startedAt, completedAt)}</dd>
        </div>
        <Fact name="Exit code" value={sheet['exit_code']} />
        <Fact name="Exit signal" value={sheet['exit_signal']} />
        <Fact name="Exit reason" value={sheet['exit_reason']} />
        <Fact name="Error category" value={sheet['error_category']} />
        <Fact name="Error code" value={sheet['error_code']} />
        <Fact name="Validation passed" value={sheet['validation_passed']} />
      </dl>
      <Output name="stderr" text={textAt(sheet, 'stderr_tail')} />
      <Output name="stdout" text={textAt(sheet, 'stdout_tail')} />
      {errors.length === 0 ? null : (
        <details open={errors.length <= 3}>
          <summary>Errors of its attempts ({errors.length})</summary>
          <ol class="attempts">
            {errors.map((error, index) => (
              <li key={index}>
                <span class="tag">
                  attempt {String(numberAt(error, 'attempt_number') ?? '?')},{' '}
                  {textAt(error, 'error_type') ?? ''}
                </span>{' '}
                <bdi>{textAt(error, 'error_message') ?? ''}</bdi>{' '}
                <span class="muted small">
                  <Moment instant={textAt(error, 'timestamp')} />
                </span>
                <Output name="stderr" text={textAt(error, 'stderr_tail')} />
                <Output name="stack trace" text={textAt(error, 'stack_trace')} />
              </li>
            ))}
          </ol>
        </details>
      )}
      <details>
        <summary>All fields</summary>
        <div class="code-box">
          <CopyButton text={() => exactText(sheet)} label="the fields of the sheet" />
          <pre tabIndex={0} aria-label="All fields of the sheet">
            {exactText(sheet)}
          </pre>
        </div>
      </details>
    </>
  );
}

/** A field that has a value. */
function Fact({ name, value }: { name: string; value: ExactValue | undefined }) {
  if (value === null || value === undefined || typeof value === 'object') return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd class="number">{String(value)}</dd>
    </div>
  );
}

/** Until now while it runs. */
function tookText(startedAt: string | null, completedAt: string | null): string {
  const from = millisOf(startedAt);
  if (from === null) return '–';
  return durationText((millisOf(completedAt) ?? now.value) - from);
}
