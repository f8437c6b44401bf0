import { countText } from '../../text/count.ts';
import { type ExactObject, isObject, numberAt, textAt } from '../../text/exact-json.ts';
import { CopyButton } from '../copy-button.tsx';
import { Moment } from '../time.tsx';

/** The figures of a job in one row. */
export function JobFacts({
  state,
  etag,
  recoveries,
}: {
  state: ExactObject;
  etag: string | null;
  recoveries: number;
}) {
  const own = state['dalsegno'];
  const epoch = isObject(own) ? (numberAt(own, 'epoch') ?? 0) : 0;
  const times: readonly (readonly [name: string, member: string])[] = [
    ['Created', 'created_at'],
    ['Started', 'started_at'],
    ['Updated', 'updated_at'],
    ['Ended', 'completed_at'],
  ];
  return (
    <dl class="facts panel">
      {times.map(([name, member]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <Moment instant={textAt(state, member)} />
          </dd>
        </div>
      ))}
      <div>
        <dt>Epoch</dt>
        <dd class="number">{countText(epoch)}</dd>
      </div>
      <div>
        <dt>Recoveries</dt>
        <dd class="number">{countText(recoveries)}</dd>
      </div>
      <div>
        <dt>Retries</dt>
        <dd class="number">{countText(numberAt(state, 'total_retry_count') ?? 0)}</dd>
      </div>
      <div>
        <dt>Version</dt>
        <dd class="version">
          <code>{(etag ?? '').replaceAll('"', '')}</code>
          <CopyButton text={() => etag ?? ''} label="the version for If-Match" />
        </dd>
      </div>
    </dl>
  );
}
