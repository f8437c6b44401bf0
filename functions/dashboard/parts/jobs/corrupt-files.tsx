import type { CorruptFile } from '../../../../lib/client/answers.ts';
import { amountText } from '../../text/count.ts';
import { visibleText } from '../../text/visible-text.ts';

/** Files in the store that are no states. They hide no job, and nothing changes them. */
export function CorruptFiles({ files }: { files: readonly CorruptFile[] }) {
  if (files.length === 0) return null;
  return (
    <details class="corrupt">
      <summary>
        <span class="tone-bad tone-text">
          {amountText(files.length, 'file')} cannot be read as a job
        </span>
      </summary>
      <ul>
        {files.map(({ path, error_type: type, detail }) => (
          <li key={path}>
            <code>{visibleText(path)}</code> <span class="tag">{type}</span>{' '}
            <span class="muted">{visibleText(detail)}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
