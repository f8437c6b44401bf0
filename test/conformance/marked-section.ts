/** The markers of a generated section of a document. */
export interface Markers {
  readonly begin: string;
  readonly end: string;
}

/** The text between the markers of a document; null when a marker does not occur exactly once. */
export function sectionIn(document: string, { begin, end }: Markers): string | null {
  const [, behind, ...moreBegins] = document.split(begin);
  const [section, ...ends] = behind?.split(end) ?? [];
  return moreBegins.length === 0 && ends.length === 1 ? (section?.trim() ?? null) : null;
}

/** The document with another section between the markers; throws where one of them is not there once. */
export function withSection(document: string, markers: Markers, section: string): string {
  const { begin, end } = markers;
  if (sectionIn(document, markers) === null) throw new Error(`There is no section ${begin}`);
  const [before] = document.split(begin);
  const [, after] = document.split(end);
  return `${before}${begin}\n\n${section}\n\n${end}${after}`;
}
