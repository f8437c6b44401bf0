/** Counts and positions in a JSON text, found without building its values. */
export interface Outline {
  /** The number of values of all kinds and depths, containers included. */
  readonly values: number;
  /** The number of costly values: all except short integers, `true`, `false` and `null` in lists. */
  readonly nodes: number;
  /** The characters of line breaks and indentation that the layout of the files adds for these values. */
  readonly indentation: number;
  /** Whether the engine's parser, which sorts keys that look like numbers, keeps the order of all keys. */
  readonly ordered: boolean;
  /** Whether every bracket has its partner and no nesting is deeper than the parser allows. */
  readonly balanced: boolean;
  /** Null if the document has no such member, or if the last one is not an object. */
  readonly member: OutlineMember | null;
}

/** An object that is a member of the document. `start` and `end` are offsets; `end` is after the last character. */
export interface OutlineMember {
  readonly start: number;
  readonly end: number;
  /** `Outline.nodes` for the whole member. `largest` is the same for its largest entry. */
  readonly nodes: number;
  readonly largest: number;
  /** The number of entries. A duplicate key counts each time. */
  readonly count: number;
  /** The first entries, at most `OutlineOptions.maxEntries`. */
  readonly entries: readonly OutlineEntry[];
}

export interface OutlineEntry {
  /** The text between the quotes, with its escapes. */
  readonly key: string;
  readonly start: number;
  readonly end: number;
  /** `Outline.ordered` for the value of this entry. */
  readonly ordered: boolean;
}

export interface OutlineOptions {
  /** The key of the document member to describe in `Outline.member`. */
  readonly member?: string;
  /** The most entries to return for that member. Without it all are returned. */
  readonly maxEntries?: number;
}
