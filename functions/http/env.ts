import type { Context } from 'hono';
import type { Access } from '../../lib/access/access-entry.ts';
import type { AccessList } from '../../lib/access/access-list.ts';
import type { Repository } from '../../lib/service/service.ts';
import type { Intake, Ticket } from './intake.ts';

/** The pages that may read answers, by their origins. */
export type AllowedOrigins = ReadonlySet<string> | 'any';

/** What an entry hands to the application with every request. */
export interface Services extends Repository {
  /** The largest body that is read. */
  readonly bodyLimitBytes: number;
  /** How much is taken on at once; without bounds where it is left out. */
  readonly intake?: Intake;
  /** Settles when the answer to this request has left; left out where the runtime does not tell. */
  readonly sent?: Promise<void>;
  /** Who may do what; null where everybody may do everything, as on a loopback address. */
  readonly access: AccessList | null;
  /** The pages of other origins that may read answers; none where it is null or left out. */
  readonly corsOrigins?: AllowedOrigins | null;
  /** Of how many keys the doctor lists, where a caller does not say: what one request may ask of the store. */
  readonly doctorKeys: number;
}

/** What a request carries through the application besides itself. */
export interface HttpEnv {
  Bindings: Services;
  Variables: {
    requestId: string;
    /** The job that the request is about, for its line in the log. */
    jobId: string | undefined;
    /** What the bearer may do; undefined where no access tokens are configured. */
    access: Access | undefined;
    /** What every answer says of pages of other origins; undefined where none are allowed. */
    crossOrigin: Readonly<Record<string, string>> | undefined;
    /** The room that the request has; undefined where it needs none. */
    ticket: Ticket | undefined;
    /** The code of the failure that it was answered with. */
    code: string | undefined;
  };
}

export type HttpContext = Context<HttpEnv>;
