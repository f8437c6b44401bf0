import { InvalidArgumentError } from '@commander-js/extra-typings';
import { type CommandParts, type Session, withSession } from '../calls/command.ts';
import { inOneLine } from '../calls/json-rows.ts';
import { examples } from '../calls/root.ts';
import { EXIT, type ExitCode } from '../terminal/exit-code.ts';
import { printable } from '../terminal/printable.ts';

/** `dalsegno doctor`: tests what the store of the service really does. */
export function addDoctor(parts: CommandParts): void {
  parts.root
    .command('doctor')
    .summary('test what the store really does')
    .description(
      'Tests, with keys of its own, what the store of the service really does. Exit code 1 if a check fails; one that is left, because a call could not examine all, does not.',
    )
    .option('--list-keys <number>', 'how many keys a list must find', keysOf)
    .addHelpText('after', examples('dalsegno doctor', 'dalsegno doctor --list-keys 10 --json'))
    .action(async ({ listKeys }) => {
      await withSession(parts, session => examine(session, listKeys));
    });
}

async function examine(session: Session, listKeys: number | undefined): Promise<ExitCode> {
  const { client, colours, isJson, print, printJson } = session;
  const { value, text } = await client.doctor({ listKeys });
  const { store, checks, leases } = value;
  const isWell = checks.every(check => check.ok || isLeft(check));
  if (isJson) await printJson(inOneLine(text));
  else {
    await print(
      ...checks.map(check => {
        const failed = isLeft(check) ? 'left ' : colours.red('fails');
        const verdict = check.ok ? colours.green('ok   ') : failed;
        return `${verdict} ${printable(check.name)}: ${printable(check.detail)}`;
      }),
      `The store ${printable(store)} ${isWell ? 'does what it must' : 'does not do all that it must'}; leases are ${leases ? 'granted' : 'refused'}`,
    );
  }
  return isWell ? EXIT.ok : EXIT.failure;
}

/** Nothing is known: one call could not examine all. */
function isLeft({ ok, detail }: { readonly ok: boolean; readonly detail: string }): boolean {
  return !ok && detail.startsWith('Not examined');
}

function keysOf(text: string): number {
  if (/^[1-9][0-9]{0,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected a whole number from 1.');
}
