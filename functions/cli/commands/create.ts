import { type CommandParts, type Session, withSession } from '../calls/command.ts';
import { inOneLine } from '../calls/json-rows.ts';
import { newJobText } from '../calls/new-job.ts';
import { examples } from '../calls/root.ts';
import { printable } from '../terminal/printable.ts';

/** `dalsegno create`: a job from flags, or from a file. */
export function addCreate(parts: CommandParts): void {
  parts.root
    .command('create')
    .summary('create a job')
    .description(
      'Creates a job that waits for a worker. A repeated call with the same id is a conflict (exit code 4).',
    )
    .argument('[id]', 'the id of the job')
    .option('--name <name>', 'the name of the job; the id by default')
    .option('--sheets <number>', 'how many sheets it has')
    .option('--config <json>', 'settings for its worker, config_snapshot: JSON, or @file')
    .option('--file <file>', 'a JSON file with the whole job instead; - for standard input')
    .addHelpText(
      'after',
      examples(
        'dalsegno create etl-1 --name "Nightly import" --sheets 3',
        `dalsegno create etl-2 --sheets 10 --config '{"bucket": "raw", "day": "2026-11-27"}'`,
        'dalsegno create etl-3 --sheets 10 --config @settings.json',
        'dalsegno create --file job.json',
        'jq -n \'{job_id: "etl-4", job_name: "x", total_sheets: 1}\' | dalsegno create --file -',
      ),
    )
    .action(async (id, given) => {
      await withSession(parts, async session => {
        const text = await newJobText({ ...given, id }, session.io.stdin);
        await create(session, text);
      });
    });
}

async function create({ client, isJson, print, printJson }: Session, text: string): Promise<void> {
  const created = await client.create(text);
  if (isJson) {
    await printJson(inOneLine(created.text));
    return;
  }
  const { job_id, total_sheets } = created.value;
  const sheets = total_sheets === 1 ? '1 sheet' : `${total_sheets} sheets`;
  await print(`created ${printable(job_id)} with ${sheets}`);
}
