/**
 * The input of a job is the `config_snapshot` of its state. It is read once for each claim, by a function or by a schema
 * that has `parse` or is a Standard Schema, as those of zod, valibot and arktype are.
 */
export type InputParser<Input> =
  | ((value: unknown) => Input | Promise<Input>)
  | { parse(value: unknown): Input | Promise<Input> }
  | StandardSchema<Input>;

/** The part of https://standardschema.dev that is used. */
export interface StandardSchema<Output> {
  readonly '~standard': {
    readonly version: 1;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The input of a job is not what its handler expects. The job fails with this message. */
export class InvalidInputError extends Error {
  override readonly name = 'InvalidInputError';
  readonly permanent = true;
}

/** Reads the input of a job. Rejects with an `InvalidInputError`. */
export async function readInput<Input>(parser: InputParser<Input>, value: unknown): Promise<Input> {
  if ('~standard' in parser) {
    const result = await parser['~standard'].validate(value);
    if (result.issues === undefined) return result.value;
    throw new InvalidInputError(`${INVALID}: ${result.issues.map(textOf).join('; ')}`);
  }
  const parse = typeof parser === 'function' ? parser : (it: unknown) => parser.parse(it);
  try {
    return await parse(value);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InvalidInputError(`${INVALID}: ${reason}`, { cause: error });
  }
}

const INVALID = 'The input of the job (config_snapshot) is invalid';

function textOf({ message, path = [] }: StandardIssue): string {
  const keys = path.map(part => String(typeof part === 'object' ? part.key : part));
  return keys.length === 0 ? message : `${keys.join('.')}: ${message}`;
}
