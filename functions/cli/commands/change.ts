import { Option } from '@commander-js/extra-typings';
import type { BulkAction } from '../../../lib/client/answers.ts';
import { type CommandParts, withSession } from '../calls/command.ts';
import { addFilterFlags, filterOf, isEmpty } from '../calls/filter-flags.ts';
import { jobIdsOf } from '../calls/job-id.ts';
import type { Root } from '../calls/root.ts';
import { examples } from '../calls/root.ts';
import { usageFault } from '../terminal/exit-code.ts';

interface Description {
  readonly action: BulkAction;
  readonly summary: string;
  readonly text: string;
  readonly hasForce: boolean;
}

const ACTIONS: readonly Description[] = [
  {
    action: 'pause',
    summary: 'pause jobs',
    text: 'Pauses jobs: no claim gets them until `resume`. The holder of a held job is asked, and finishes its sheet.',
    hasForce: true,
  },
  {
    action: 'resume',
    summary: 'make stopped jobs claimable',
    text: 'Makes paused jobs claimable, or takes back a request that waits for a holder.',
    hasForce: false,
  },
  {
    action: 'cancel',
    summary: 'cancel jobs',
    text: 'Cancels jobs for good. The holder of a held job is asked, and stops.',
    hasForce: true,
  },
  {
    action: 'fail',
    summary: 'end jobs as failed',
    text: 'Ends jobs as failed, with a message. The holder of a held job is asked, and stops.',
    hasForce: true,
  },
  {
    action: 'complete',
    summary: 'end jobs as completed',
    text: 'Ends jobs as completed, though not all sheets ran: the sheets that are left become `skipped`.',
    hasForce: true,
  },
  {
    action: 'delete',
    summary: 'delete jobs',
    text: 'Deletes jobs with everything that is known of them. It cannot be undone.',
    hasForce: true,
  },
];

/** `dalsegno pause`, `resume`, `cancel`, `fail`, `complete`, `delete`: of jobs by id, or of all jobs of a filter. */
export function addChanges(parts: CommandParts): void {
  for (const description of ACTIONS) addChange(parts, description);
}

function addChange(parts: CommandParts, { action, summary, text, hasForce }: Description): void {
  const command = addFilterFlags(commandOf(parts.root, action))
    .summary(summary)
    .description(
      `${text}\nGive ids, or flags that select jobs. Many jobs are changed only with --yes, or after a question on a terminal.`,
    )
    .option('--all', 'all jobs')
    .option('--dry-run', 'say how many jobs it would be, and change none')
    .option('-y, --yes', 'do not ask before a change of many jobs')
    .addOption(new Option('--force', forceText(action)).hideHelp(!hasForce))
    .addOption(
      new Option('--message <text>', 'why: the error message of the job').hideHelp(
        action !== 'fail',
      ),
    )
    .addHelpText(
      'after',
      examples(
        `dalsegno ${action} etl-1`,
        `dalsegno ${action} --name "Nightly import" --updated-before 30d --dry-run`,
        `dalsegno ${action} --standing resting --q import --yes`,
      ),
    );
  command.action(async (ids = [], options) => {
    const { all, dryRun, yes, force, message, ...flags } = options;
    if (force === true && !hasForce)
      throw usageFault(`--force: \`${action}\` has nothing to force`);
    if (message !== undefined && action !== 'fail') throw usageFault('--message: For `fail` only');
    const filter = filterOf(flags, parts.io.timing.wallMs());
    const isFiltered = !isEmpty(filter);
    if ([ids.length > 0, isFiltered, all === true].filter(Boolean).length !== 1) {
      throw usageFault(
        'Give ids, or flags that select jobs, or --all',
        `See dalsegno ${action} --help`,
      );
    }
    const change = { action, force, errorMessage: message };
    await withSession(parts, async session => {
      if (ids.length > 0) {
        const { changeJobs } = await import('../calls/single-change.ts');
        return changeJobs(session, ids, { ...change, isDryRun: dryRun === true });
      }
      const { changeByFilter } = await import('../calls/bulk-change.ts');
      const permission = { isDryRun: dryRun === true, isConfirmed: yes === true };
      return changeByFilter(
        session,
        { ...change, filter: isFiltered ? filter : 'all' },
        permission,
      );
    });
  });
}

function commandOf(root: Root, action: BulkAction) {
  return root.command(action).argument('[ids...]', 'the ids of jobs', jobIdsOf);
}

function forceText(action: BulkAction): string {
  return action === 'delete' ? 'held jobs too' : 'held jobs too, at once, without their holders';
}
