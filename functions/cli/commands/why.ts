import { type CommandParts, withSession } from '../calls/command.ts';
import { jobIdOf } from '../calls/job-id.ts';
import { inOneLine } from '../calls/json-rows.ts';
import { examples } from '../calls/root.ts';
import { whyLines } from '../calls/why-text.ts';

/** `dalsegno why`: why a job is where it is. */
export function addWhy(parts: CommandParts): void {
  parts.root
    .command('why')
    .summary('say why a job is where it is')
    .description(
      'Says why a job is where it is: who holds it, the evidence, what happens next, and what is safe to do.',
    )
    .argument('<id>', 'the id of the job', jobIdOf)
    .addHelpText(
      'after',
      examples('dalsegno why etl-1', 'dalsegno why etl-1 --json | jq .standing'),
    )
    .action(async id => {
      await withSession(parts, async session => {
        const why = await session.client.why(id);
        if (session.isJson) await session.printJson(inOneLine(why.text));
        else await session.print(...whyLines(why.value, session.colours));
      });
    });
}
