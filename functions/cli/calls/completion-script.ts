import { FLAG_WORDS } from './filter-flags.ts';
import type { Root } from './root.ts';

export type Shell = 'bash' | 'zsh' | 'fish';

/** What can be completed of one command. */
interface Known {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly Flag[];
  /** The words of its first argument, where they are known. */
  readonly words: readonly string[];
}

interface Flag {
  readonly name: string;
  readonly help: string;
  /** Whether a value follows. */
  readonly hasValue: boolean;
}

/** The script of a shell that completes this program. It asks no service: the program does not change. */
export function completionScript(root: Root, shell: Shell): string {
  const globals = root.options.map(flagOf);
  const commands = root.commands.map(
    (command): Known => ({
      name: command.name(),
      summary: command.summary(),
      flags: [...command.options.filter(({ hidden }) => !hidden).map(flagOf), HELP, ...globals],
      words: command.registeredArguments[0]?.argChoices ?? [],
    }),
  );
  const known = [
    ...commands,
    { name: 'help', summary: 'display help', flags: [], words: commands.map(({ name }) => name) },
  ];
  switch (shell) {
    case 'bash':
      return bash(known, globals);
    case 'zsh':
      return zsh(known, globals);
    case 'fish':
      return fish(known, globals);
    default:
      return shell satisfies never;
  }
}

const HELP: Flag = { name: '--help', help: 'display help', hasValue: false };

function flagOf(option: Root['options'][number]): Flag {
  return {
    name: option.long ?? option.short ?? '',
    help: option.description,
    hasValue: option.required || option.optional,
  };
}

function bash(commands: readonly Known[], globals: readonly Flag[]): string {
  const cases = commands.map(
    ({ name, flags, words }) =>
      `    ${name}) flags="${namesOf(flags)}"; words="${words.join(' ')}" ;;`,
  );
  const values = Object.entries(FLAG_WORDS).map(
    ([flag, words]) =>
      `    ${flag}) COMPREPLY=($(compgen -W "${words.join(' ')}" -- "$current")); return ;;`,
  );
  return `# bash completion of dalsegno
_dalsegno() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local command="" flags="${namesOf([...globals, HELP])}" words="" word index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    case "$word" in
      ${valueFlags(commands, globals)}) index=$((index + 1)) ;;
      -*) ;;
      *) command="$word"; break ;;
    esac
  done
  case "$previous" in
${values.join('\n')}
    --file|--config|--wrangler-config) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  case "$command" in
    "") words="${commands.map(({ name }) => name).join(' ')}" ;;
${cases.join('\n')}
  esac
  if [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$current"))
  elif [[ -n "$words" ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -F _dalsegno dalsegno
`;
}

function namesOf(flags: readonly Flag[]): string {
  return flags.map(({ name }) => name).join(' ');
}

/** A pattern of all flags that a value follows. */
function valueFlags(commands: readonly Known[], globals: readonly Flag[]): string {
  const all = [...globals, ...commands.flatMap(({ flags }) => flags)];
  return [...new Set(all.filter(({ hasValue }) => hasValue).map(({ name }) => name))].join('|');
}

function zsh(commands: readonly Known[], globals: readonly Flag[]): string {
  const names = commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`);
  const cases = commands.map(({ name, flags, words }) => {
    const argument = words.length > 0 ? `'1:word:(${words.join(' ')})'` : "'*:file:_files'";
    return `    ${name}) _arguments ${[...flags.map(zshFlag), argument].join(' \\\n      ')} ;;`;
  });
  return `#compdef dalsegno
_dalsegno() {
  local -a commands
  local context state state_descr line
  typeset -A opt_args
  commands=(
${names.join('\n')}
  )
  _arguments -C ${[...globals, HELP].map(zshFlag).join(' \\\n    ')} \\
    '1:command:->command' '*::argument:->argument'
  case "$state" in
  command) _describe command commands ;;
  argument)
    case "$line[1]" in
${cases.join('\n')}
    esac ;;
  esac
}
if [ "$funcstack[1]" = "_dalsegno" ]; then _dalsegno "$@"; else compdef _dalsegno dalsegno; fi
`;
}

function zshFlag({ name, help, hasValue }: Flag): string {
  const words = FLAG_WORDS[name];
  const action = words === undefined ? '_files' : `(${words.join(' ')})`;
  const value = hasValue ? `:value:${action}` : '';
  return quoted(`${name}[${help.replaceAll(/[[\]:\\]/g, ' ')}]${value}`);
}

function fish(commands: readonly Known[], globals: readonly Flag[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  const top = commands.map(
    ({ name, summary }) =>
      `complete -c dalsegno -n "not __fish_seen_subcommand_from ${names}" -f -a ${name} -d ${quoted(summary)}`,
  );
  const own = commands.flatMap(({ name, flags, words }) => {
    const condition = `-n "__fish_seen_subcommand_from ${name}"`;
    const lines = flags
      .filter(flag => !globals.includes(flag))
      .map(flag => `complete -c dalsegno ${condition} ${fishFlag(flag)}`);
    return words.length === 0
      ? lines
      : [...lines, `complete -c dalsegno ${condition} -f -a ${quoted(words.join(' '))}`];
  });
  const everywhere = globals.map(flag => `complete -c dalsegno ${fishFlag(flag)}`);
  return `# fish completion of dalsegno\n${[...everywhere, ...top, ...own].join('\n')}\n`;
}

function fishFlag({ name, help, hasValue }: Flag): string {
  const words = FLAG_WORDS[name];
  const value = words === undefined ? ' -r' : ` -x -a ${quoted(words.join(' '))}`;
  return `-l ${name.replace(/^--/, '')} -d ${quoted(help)}${hasValue ? value : ''}`;
}

/** For a shell, in single quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll('\n', ' ').replaceAll("'", "'\\''")}'`;
}
