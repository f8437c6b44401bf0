/**
 * The same text for all texts that differ only in upper and lower case, or in how their accents are composed: `STRASSE`
 * for `Straße`. For comparisons only. Letters with and without an accent stay different.
 */
export function foldCase(text: string): string {
  // Some letters have a lower case and no upper case, and some the other way round.
  return text.toLowerCase().toUpperCase().normalize('NFC');
}
