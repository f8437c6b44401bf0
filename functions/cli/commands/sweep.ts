import type { SweepAnswer } from '../../../lib/worker/client/job.ts';
import { type CommandParts, type Session, withSession } from '../calls/command.ts';
import { examples } from '../calls/root.ts';
import { EXIT, type ExitCode } from '../terminal/exit-code.ts';

/** `dalsegno sweep`: recovers the jobs of dead workers now, pass after pass until all leases were looked at. */
export function addSweep(parts: CommandParts): void {
  parts.root
    .command('sweep')
    .summary('recover the jobs of dead workers now')
    .description(
      'Looks at all leases, and recovers the jobs of those that have expired. The service does it by itself every minute. Exit code 1 if the store failed for some leases.',
    )
    .addHelpText('after', examples('dalsegno sweep', 'dalsegno sweep --json'))
    .action(async () => {
      await withSession(parts, session => sweep(session));
    });
}

async function sweep({ client, isJson, print, printJson }: Session): Promise<ExitCode> {
  const total = { examined: 0, recovered: 0, failed: 0, skipped: 0, errors: 0 };
  let cursor: string | undefined;
  do {
    const { value } = await client.sweep({ cursor });
    add(total, value);
    cursor = value.cursor ?? undefined;
  } while (cursor !== undefined);
  const { examined, recovered, failed, skipped, errors } = total;
  if (isJson) await printJson(JSON.stringify(total));
  else {
    await print(
      `looked at ${examined} leases: ${recovered} jobs recovered, ${failed} failed, ${skipped} left alone, ${errors} errors`,
    );
  }
  return errors > 0 ? EXIT.failure : EXIT.ok;
}

type Total = {
  -readonly [Name in 'examined' | 'recovered' | 'failed' | 'skipped' | 'errors']: number;
};

function add(total: Total, one: SweepAnswer): void {
  total.examined += one.examined;
  total.recovered += one.recovered;
  total.failed += one.failed;
  total.skipped += one.skipped;
  total.errors += one.errors;
}
