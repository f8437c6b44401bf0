import { type CommandParts, withSession } from '../calls/command.ts';
import { addFilterFlags, filterOf } from '../calls/filter-flags.ts';
import { examples } from '../calls/root.ts';

/** `dalsegno export`: jobs of a service as files of a folder. */
export function addExport(parts: CommandParts): void {
  addFilterFlags(
    parts.root.command('export').argument('<folder>', 'where the files go; it is made'),
  )
    .summary('write jobs to files of a folder')
    .description(
      'Writes each job as a file of the folder, with the exact bytes of its state, named and laid out as the file store does. ' +
        'A file is whole or not there. Run it again to continue, or to fetch what has changed since.',
    )
    .addHelpText(
      'after',
      examples(
        'dalsegno export ./backup',
        'dalsegno export ./failed --status failed',
        'dalsegno export ./backup --json',
      ),
    )
    .action(async (folder, flags) => {
      await withSession(parts, async session => {
        const { exportJobs } = await import('../folder/export-jobs.ts');
        return exportJobs(session, filterOf(flags, session.io.timing.wallMs()), folder);
      });
    });
}
