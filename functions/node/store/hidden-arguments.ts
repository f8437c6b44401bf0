/** The user of a URL, and perhaps a password. */
const WITH_USER = /:\/\/[^/?#]*@/;

/**
 * Hides the arguments of this process from other users of the machine, where one of them is a URL that may have a password. On
 * Linux the title takes the place of the whole command line.
 */
export function hideArguments(): void {
  if (process.argv.some(argument => WITH_USER.test(argument))) process.title = 'dalsegno';
}
