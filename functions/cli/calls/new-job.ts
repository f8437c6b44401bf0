import { readFile } from 'node:fs/promises';
import { usageFault } from '../terminal/exit-code.ts';
import type { Input } from '../terminal/io.ts';

export interface NewJobOptions {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly sheets?: string | undefined;
  readonly config?: string | undefined;
  readonly file?: string | undefined;
}

/** The JSON of the job to create, with all digits of what was given. Throws a `CommandFailure` of usage. */
export async function newJobText(given: NewJobOptions, stdin: Input): Promise<string> {
  const { id, name, sheets, config, file } = given;
  if (file !== undefined) {
    const others = [id, name, sheets, config].some(value => value !== undefined);
    if (others) throw usageFault('--file: Give a file, or an id with flags, not both');
    return checked(file === '-' ? await stdin.text() : await textOfFile(file, '--file'), '--file');
  }
  if (id === undefined) throw usageFault('Give the id of the job, or --file', SEE_HELP);
  if (sheets === undefined) throw usageFault('--sheets: Say how many sheets the job has', SEE_HELP);
  if (!/^[0-9]{1,9}$/.test(sheets)) {
    throw usageFault(`--sheets: Expected a whole number, got ${JSON.stringify(sheets)}`);
  }
  const members = [
    `"job_id":${JSON.stringify(id)}`,
    `"job_name":${JSON.stringify(name ?? id)}`,
    `"total_sheets":${Number(sheets)}`,
  ];
  if (config !== undefined) {
    const text = config.startsWith('@') ? await textOfFile(config.slice(1), '--config') : config;
    members.push(`"config_snapshot":${checked(text, '--config')}`);
  }
  return `{${members.join(',')}}`;
}

const SEE_HELP = 'See dalsegno create --help';

/** The text, if it is a JSON object. */
function checked(text: string, flag: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return text;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw usageFault(`${flag}: It is not JSON: ${error.message}`);
  }
  throw usageFault(`${flag}: Expected a JSON object`);
}

async function textOfFile(path: string, flag: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw usageFault(`${flag}: Cannot read "${path}": ${String(error.code)}`);
  }
}
