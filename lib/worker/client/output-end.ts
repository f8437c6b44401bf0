/** More of an output than the service looks at to make the tail that it keeps. */
export const SENT_CHARACTERS = 131_072;

interface Output {
  readonly stdout?: string | null | undefined;
  readonly stderr?: string | null | undefined;
}

/** The same with the end of each output alone, where that is longer. An output of megabytes need not travel. */
export function withOutputEnd<T extends object & Output>(given: T, characters: number): T {
  const { stdout, stderr } = given;
  return {
    ...given,
    ...(isLonger(stdout, characters) ? { stdout: endOf(stdout, characters) } : {}),
    ...(isLonger(stderr, characters) ? { stderr: endOf(stderr, characters) } : {}),
  };
}

/** As `withOutputEnd`, and the output says of itself that it was cut. Null where nothing is that long. */
export function withShortOutput<T extends object & Output>(given: T, characters: number): T | null {
  const { stdout, stderr } = given;
  if (!isLonger(stdout, characters) && !isLonger(stderr, characters)) return null;
  return {
    ...given,
    ...(isLonger(stdout, characters) ? { stdout: cutEnd(stdout, characters) } : {}),
    ...(isLonger(stderr, characters) ? { stderr: cutEnd(stderr, characters) } : {}),
  };
}

function isLonger(text: string | null | undefined, characters: number): text is string {
  return typeof text === 'string' && text.length > characters;
}

function cutEnd(text: string, characters: number): string {
  const note = `[cut: of ${text.length} characters too many for the service the last follow]`;
  return `${note}\n${endOf(text, characters)}`;
}

/** Begins at a whole character. */
function endOf(text: string, characters: number): string {
  const start = text.length - characters;
  const isWithinPair = (text.codePointAt(start - 1) ?? 0) > 0xffff;
  return text.slice(isWithinPair ? start + 1 : start);
}
