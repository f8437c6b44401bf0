/** Variables by name; those that are not set are missing or undefined. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Files of the machine, as the runtime reads them. */
export interface MachineFiles {
  /** The home folder of the user. */
  readonly home: () => string;
  /** The whole file as UTF-8, null where there is none. Rejects where it cannot be read. */
  readonly readText: (path: string) => Promise<string | null>;
}

/** What opening a store takes from the machine besides the URL: secrets, which do not belong into that. */
export interface Machine extends MachineFiles {
  readonly environment: Environment;
}
