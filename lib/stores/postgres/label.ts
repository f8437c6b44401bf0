/** A label as it is stored: texts of the database have no NUL. Null where there is none. The object is then read itself. */
export function labelIn(label: string | undefined): string | null {
  return label === undefined || label.includes('\0') ? null : label.toWellFormed();
}
