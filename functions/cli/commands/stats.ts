import { type CommandParts, withSession } from '../calls/command.ts';
import { inOneLine } from '../calls/json-rows.ts';
import { examples } from '../calls/root.ts';

/** `dalsegno stats`: counts of jobs and leases, and what the service knows of its store. */
export function addStats(parts: CommandParts): void {
  parts.root
    .command('stats')
    .summary('count jobs and leases')
    .description(
      'Counts jobs by status and standing, and shows the leases, the store and its last sweep and examination.',
    )
    .addHelpText('after', examples('dalsegno stats', 'dalsegno stats --json | jq .standing.zombie'))
    .action(async () => {
      await withSession(parts, async ({ client, colours, isJson, print, printJson }) => {
        const { value, text } = await client.stats();
        if (isJson) {
          await printJson(inOneLine(text));
          return;
        }
        const { statsLines } = await import('../calls/stats-text.ts');
        await print(...statsLines(value, colours));
      });
    });
}
