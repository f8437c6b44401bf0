import { curlCommand } from '../../state/curl-command.ts';
import { CopyButton } from '../copy-button.tsx';
import { Icon } from '../icon.tsx';

const FIRST_JOB = { job_id: 'first-job', job_name: 'My first job', total_sheets: 3 };

/** In place of the list where the store has no job. */
export function NoJobs() {
  const command = curlCommand({ method: 'POST', path: '/v1/jobs', body: FIRST_JOB });
  return (
    <div class="empty">
      <Icon name="sign" size={40} />
      <h2>No jobs yet</h2>
      <p>
        A job is a list of numbered sheets. Create one, and it appears here; a worker that claims it
        runs its sheets.
      </p>
      <div class="command">
        <pre tabIndex={0} aria-label="Command that creates a job">
          <code>{command}</code>
        </pre>
        <CopyButton text={() => command} label="the command" shown="Copy" />
      </div>
    </div>
  );
}

/** In place of the list where no job matches. */
export function NoMatches({ text, onClear }: { text: string; onClear: () => void }) {
  return (
    <div class="empty">
      <h2>No job matches</h2>
      <p>
        <bdi>{text}</bdi>
      </p>
      <button type="button" class="button" onClick={onClear}>
        Show all jobs
      </button>
    </div>
  );
}
