import { InvalidArgumentError } from '@commander-js/extra-typings';

/** The id of a job on the command line. Without one, or with a step of a path, the URL would be that of another resource. */
export function jobIdOf(text: string): string {
  if (text !== '' && text !== '.' && text !== '..') return text;
  throw new InvalidArgumentError('No job has this id.');
}

/** One more of several ids. */
export function jobIdsOf(text: string, before: readonly string[] = []): string[] {
  return [...before, jobIdOf(text)];
}
