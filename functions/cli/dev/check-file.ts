const MAX_COLUMNS = 100;

/** The text of a source file of checks. */
interface CheckFile {
  /** The name itself, which the file then imports. */
  imported(name: string): string;
  declare(declaration: string): void;
  text(): string;
}

export function createCheckFile(): CheckFile {
  const declarations: string[] = [];
  const imports = new Set<string>();
  return {
    imported(name) {
      imports.add(name);
      return name;
    },
    declare: declaration => void declarations.push(declaration),
    text: () => `${HEAD}\n${importsText(imports)}\n\n${declarations.join('\n\n')}\n`,
  };
}

export function indented(lines: readonly string[]): string {
  return lines.map(line => `  ${line}`).join('\n');
}

export function quoted(text: string): string {
  return `'${text}'`;
}

const HEAD = `/*
 * The checks of regular states. Written by \`npm run build:checks\` from the schema of states: change that, and not this file.
 */
`;

/** The files in the order of the formatter, each with its names; the rest is from the second one. */
const CHECKS = '../../schema/regular.ts';
const FILES: readonly (readonly [file: string, names: readonly string[]])[] = [
  ['../../json/number.ts', ['floatValue']],
  [CHECKS, []],
  ['../../schema/regular-model.ts', ['modelCheck', 'OPTIONAL', 'REQUIRED']],
];

function importsText(names: ReadonlySet<string>): string {
  const fileOf = (name: string) => FILES.find(([, own]) => own.includes(name))?.[0] ?? CHECKS;
  return FILES.map(([file]) => {
    return importText(file, sorted([...names].filter(name => fileOf(name) === file)));
  }).join('\n');
}

function importText(file: string, names: readonly string[]): string {
  const line = `import { ${names.join(', ')} } from '${file}';`;
  if (line.length <= MAX_COLUMNS) return line;
  return `import {\n${names.map(name => `  ${name},`).join('\n')}\n} from '${file}';`;
}

/** As the formatter sorts names. */
function sorted(names: readonly string[]): string[] {
  return names.toSorted((left, right) => left.localeCompare(right));
}
