import { Argument } from '@commander-js/extra-typings';
import { examples, type Root } from '../calls/root.ts';
import type { Io } from '../terminal/io.ts';

/** `dalsegno completion`: a script by which a shell completes the commands and flags of this program. */
export function addCompletion(root: Root, io: Io): void {
  root
    .command('completion')
    .summary('print a script that completes commands in a shell')
    .description(
      'Prints a script by which a shell completes the commands, the flags, and the words that flags take.',
    )
    .addArgument(
      new Argument('<shell>', 'bash, zsh or fish').choices(['bash', 'zsh', 'fish'] as const),
    )
    .addHelpText(
      'after',
      examples(
        'dalsegno completion bash > ~/.local/share/bash-completion/completions/dalsegno',
        'source <(dalsegno completion bash)',
        'dalsegno completion zsh > "${fpath[1]}/_dalsegno"',
        'dalsegno completion fish > ~/.config/fish/completions/dalsegno.fish',
      ),
    )
    .action(async shell => {
      const { completionScript } = await import('../calls/completion-script.ts');
      await io.stdout.write(completionScript(root, shell));
    });
}
