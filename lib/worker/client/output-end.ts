/** More than the service reads of an output to make the tail that it stores. */
export const SENT_CHARACTERS = 131_072;

interface Output {
  readonly stdout?: string | null | undefined;
  readonly stderr?: string | null | undefined;
}

/** Cuts each output that is longer than `characters` to its end. The service does not need megabytes of output. */
export function withOutputEnd<T extends object & Output>(given: T, characters: number): T {
  const { stdout, stderr } = given;
  return {
    ...given,
    ...(isLonger(stdout, characters) ? { stdout: endOf(stdout, characters) } : {}),
    ...(isLonger(stderr, characters) ? { stderr: endOf(stderr, characters) } : {}),
  };
}

/** Like `withOutputEnd`, with a note in the output that it was cut. Null if no output is longer. */
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
  const note = `[cut: of ${text.length} characters only the end follows, as the service refuses more]`;
  return `${note}\n${endOf(text, characters)}`;
}

/** Starts at a whole character, not in the middle of a surrogate pair. */
function endOf(text: string, characters: number): string {
  const start = text.length - characters;
  const isWithinPair = (text.codePointAt(start - 1) ?? 0) > 0xffff;
  return text.slice(isWithinPair ? start + 1 : start);
}
