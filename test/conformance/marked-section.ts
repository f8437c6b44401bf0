/** Where a document holds what is generated. */
export interface Markers {
  readonly begin: string;
  readonly end: string;
}

/** What stands between the markers of a document; null where one of them is not there once. */
export function sectionIn(document: string, { begin, end }: Markers): string | null {
  const [, behind, ...moreBegins] = document.split(begin);
  const [section, ...ends] = behind?.split(end) ?? [];
  return moreBegins.length === 0 && ends.length === 1 ? (section?.trim() ?? null) : null;
}
