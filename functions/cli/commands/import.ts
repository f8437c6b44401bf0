import { type CommandParts, withSession } from '../calls/command.ts';
import { examples } from '../calls/root.ts';

/** `dalsegno import`: files of a folder as jobs of a service. */
export function addImport(parts: CommandParts): void {
  parts.root
    .command('import')
    .summary('save the files of a folder as jobs')
    .description(
      'Saves each state file of the folder as a job, with its exact text. A job that is there with the same state is left; ' +
        'one with another state is a conflict (exit code 4), unless --overwrite is given. Run it again to continue.',
    )
    .argument('<folder>', 'the folder with the files')
    .option('--overwrite', 'replace jobs that are there with another state')
    .option('--dry-run', 'say what would be done, and save nothing')
    .addHelpText(
      'after',
      examples(
        'dalsegno import ./backup --dry-run',
        'dalsegno import ./backup',
        'dalsegno import ./backup --overwrite',
      ),
    )
    .action(async (folder, { overwrite, dryRun }) => {
      await withSession(parts, async session => {
        const { importJobs } = await import('../folder/import-jobs.ts');
        return importJobs(session, folder, {
          isOverwriting: overwrite === true,
          isDryRun: dryRun === true,
        });
      });
    });
}
