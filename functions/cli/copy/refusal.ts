/** Why a store cannot be opened, in one line for the user. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** The source exists, but has no jobs. It is probably a wrong place. */
export class EmptySource extends Error {
  override readonly name = 'EmptySource';

  constructor() {
    super('The source has no jobs');
  }
}

/** Loads a package that not every installation has. */
export async function optional<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const reason = reasonOf(error);
    throw new Refusal(
      `This store needs the package ${name}, which cannot be loaded: \`npm install ${name}\` (${reason})`,
      { cause: error },
    );
  }
}

/** The first line of the error message. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split('\n', 1)[0] ?? '';
}
