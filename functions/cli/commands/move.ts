import { setTimeout as pause } from 'node:timers/promises';
import { type CommandParts, type Session, withSession } from '../calls/command.ts';
import { examples } from '../calls/root.ts';
import { CommandFailure, EXIT, type ExitCode } from '../terminal/exit-code.ts';

const LONGEST_PAUSE_SECONDS = 5;

/** `dalsegno move`: moves leases and hints between R2 and Durable Objects, until all are moved. */
export function addMove(parts: CommandParts): void {
  parts.root
    .command('move')
    .summary('move leases between R2 and Durable Objects')
    .description(
      'Moves what a service on Workers keeps beside its jobs, after a deploy with Durable Objects or back without: part after part, until all is moved. The service goes on meanwhile. Its cron trigger does the same, more slowly.',
    )
    .option('--no-wait', 'do the next part alone')
    .addHelpText('after', examples('dalsegno move', 'dalsegno move --no-wait --json'))
    .action(async ({ wait }) => {
      await withSession(parts, session => move(session, wait));
    });
}

interface Report {
  readonly to: 'r2' | 'shards';
  readonly state: 'waiting' | 'moving' | 'comparing' | 'done';
  readonly starts_in_seconds: number;
  readonly moved: number;
}

async function move(session: Session, wait: boolean): Promise<ExitCode> {
  const { isJson, print, printJson } = session;
  let said = '';
  for (;;) {
    const report = await nextPart(session);
    if (isJson) await printJson(JSON.stringify({ move: report }));
    else if (textOf(report) !== said) await print(textOf(report));
    said = textOf(report);
    if (report === null || report.state === 'done' || !wait) return EXIT.ok;
    if (report.state !== 'waiting') continue;
    await pause(Math.min(report.starts_in_seconds, LONGEST_PAUSE_SECONDS) * 1000);
  }
}

async function nextPart({ client }: Session): Promise<Report | null> {
  const { value } = await client.request({ method: 'POST', path: '/v1/move' });
  const { move: report } = (value ?? {}) as { readonly move?: Report | null };
  if (report === undefined) {
    throw new CommandFailure('The service has answered something else than how far a move is');
  }
  return report;
}

function textOf(report: Report | null): string {
  if (report === null) return 'nothing to move: the service keeps everything in one store';
  const to = report.to === 'r2' ? 'R2' : 'the shards';
  switch (report.state) {
    case 'waiting':
      return `the move to ${to} starts when no earlier deployment runs any more`;
    case 'moving':
      return `${report.moved} objects are moved to ${to}`;
    case 'comparing':
      return 'comparing the jobs in R2 with the lists of the shards';
    case 'done':
      return `everything is in ${to}: ${report.moved} objects were moved`;
    default:
      return report.state satisfies never;
  }
}
