import { type CommandParts, withSession } from '../calls/command.ts';
import { jobIdOf } from '../calls/job-id.ts';
import { examples } from '../calls/root.ts';

/** `dalsegno show`: one job for people, or its exact state. */
export function addShow(parts: CommandParts): void {
  parts.root
    .command('show')
    .summary('show a job')
    .description(
      'Shows a job: its progress, why it is where it is, its failed sheets, and who had it. With --json: the state as it is stored, to the byte.',
    )
    .argument('<id>', 'the id of the job', jobIdOf)
    .option('--sheets', 'also a table of all sheets')
    .addHelpText(
      'after',
      examples(
        'dalsegno show etl-1',
        'dalsegno show etl-1 --sheets',
        'dalsegno show etl-1 --json > etl-1.json',
      ),
    )
    .action(async (id, { sheets }) => {
      await withSession(parts, async session => {
        const { client, colours, io, print } = session;
        if (session.isJson) {
          await session.printJson((await client.load(id)).text);
          return;
        }
        const [job, why] = await Promise.all([client.load(id), client.why(id)]);
        const { jobLines } = await import('../calls/job-text.ts');
        const { columns } = io.stdout;
        await print(
          ...jobLines(job.value, why.value, { colours, columns, hasSheets: sheets === true }),
        );
      });
    });
}
