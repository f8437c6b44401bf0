import { InvalidArgumentError } from '@commander-js/extra-typings';
import { type CommandParts, withSession } from '../calls/command.ts';
import { addFilterFlags, filterOf } from '../calls/filter-flags.ts';
import { jobIdOf } from '../calls/job-id.ts';
import { examples } from '../calls/root.ts';
import { usageFault } from '../terminal/exit-code.ts';

const MAX_SECONDS = 3600;

/** `dalsegno watch`: jobs as they change, on a terminal as a table that is drawn again. */
export function addWatch(parts: CommandParts): void {
  const command = parts.root
    .command('watch')
    .argument('[id]', 'one job, until it is finished', jobIdOf);
  addFilterFlags(command)
    .summary('follow jobs as they change')
    .description(
      'Follows jobs until Ctrl-C, or one job until it is finished: exit code 0 if it is completed, else 1. ' +
        'On a terminal a table is drawn again; elsewhere each change is a line.',
    )
    .option(
      '--interval <seconds>',
      'time between two looks; by default what the service asks for',
      secondsOf,
    )
    .option('--limit <rows>', 'how many jobs at most (50)', rowsOf)
    .addHelpText(
      'after',
      examples(
        'dalsegno watch',
        'dalsegno watch etl-1',
        'dalsegno watch --standing held,stalled --interval 2',
        'dalsegno watch etl-1 --json | jq -r .standing',
      ),
    )
    .action(async (id, { interval, limit, ...flags }) => {
      const filter = filterOf(flags, parts.io.timing.wallMs());
      if (id !== undefined && Object.keys(flags).length > 0) {
        throw usageFault('Give an id, or flags that select jobs, not both');
      }
      await withSession(parts, async session => {
        const { watchJob, watchJobs } = await import('../calls/watching.ts');
        return id === undefined
          ? await watchJobs(session, { ...filter, limit }, interval)
          : await watchJob(session, id, interval);
      });
    });
}

function secondsOf(text: string): number {
  const seconds = /^[0-9]{1,4}(?:\.[0-9])?$/.test(text) ? Number(text) : 0;
  if (seconds >= 0.2 && seconds <= MAX_SECONDS) return seconds;
  throw new InvalidArgumentError(`Expected seconds from 0.2 to ${MAX_SECONDS}.`);
}

function rowsOf(text: string): number {
  if (/^[1-9][0-9]{0,2}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected a whole number from 1 to 999.');
}
