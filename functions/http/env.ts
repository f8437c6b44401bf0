import type { Access } from '../../lib/access/access-entry.ts';
import type { AccessList } from '../../lib/access/access-list.ts';
import type { MoveControl } from '../../lib/move/move.ts';
import type { Repository } from '../../lib/service/service.ts';
import type { ObjectStore } from '../../lib/store.ts';
import type { KeptGauges } from '../metrics/kept-gauges.ts';
import type { Forward } from '../services/forward.ts';
import type { Metrics } from '../services/metrics.ts';
import type { Pages } from '../services/pages.ts';
import type { PresenceSockets } from '../services/presence-sockets.ts';
import type { RequestLines } from '../services/request-lines.ts';
import type { Intake, Ticket } from './intake.ts';

/** The origins whose pages may read answers. */
export type AllowedOrigins = ReadonlySet<string> | 'any';

/** What an entry passes to the application with every request. */
export interface Services extends Repository {
  /** The largest body that is read. */
  readonly bodyLimitBytes: number;
  /** Limits what is in flight; there is no limit where it is left out. */
  readonly intake?: Intake;
  /** Calls back when the answer to this request is sent; left out where the runtime does not report that. */
  readonly whenSent?: (call: () => void) => void;
  /** The connection of this request, for `isUnreachable` and `disconnect`. */
  readonly connection?: unknown;
  /**
   * Whether the machine at the other end of a connection has stopped acknowledging what was sent. Left out where the
   * runtime cannot tell.
   */
  readonly isUnreachable?: (connection: unknown) => boolean;
  /** Ends a connection without sending the rest. Left out where the runtime does not give it away. */
  readonly disconnect?: (connection: unknown) => void;
  /** The access tokens; null where every caller may do everything, as on a loopback address. */
  readonly access: AccessList | null;
  /** The other origins whose pages may read answers; none where it is null or left out. */
  readonly corsOrigins?: AllowedOrigins | null;
  /** The built dashboard. Left out where it is not built, or where the platform serves it. */
  readonly pages?: Pages | null;
  /** What the process counts about itself. Left out where the platform starts and ends processes as it likes. */
  readonly metrics?: Metrics | null;
  /** Where the lines of requests go; to the logger where it is left out. */
  readonly requestLines?: RequestLines | null;
  /** The last gauges of the store for `/metrics`. Left out where to count the jobs costs little. */
  readonly keptGauges?: KeptGauges | null;
  /** How many keys the doctor lists by default: what one request may ask of the store. */
  readonly doctorKeys: number;
  /** How many calls of its media the doctor may take; as many as it needs if it is left out. */
  readonly doctorCalls?: number | undefined;
  /** Passes requests that name one job on. Left out where they are answered here. */
  readonly forward?: Forward;
  /** Passes requests on to where the streams of their caller are. Left out where they are answered here. */
  readonly forwardPresence?: Forward;
  /** Left out where the events of a stream are the body of the answer. */
  readonly sockets?: PresenceSockets;
  /** How this service is deployed, for `/readyz`; left out where there is one way. */
  readonly deployment?: string;
  /** What is bound beside its store, for `/readyz`. */
  readonly bindings?: readonly string[];
  /** The last move between two media; null or left out where everything is in one. */
  readonly move?: MoveControl | null;
  /** The store itself, for copies from and to it. Null or left out where they open it themselves. */
  readonly objects?: ObjectStore | null;
  /** How often a page should ask for news, in seconds. Less often where every request is billed; 5 if it is left out. */
  readonly pollSeconds?: number;
}

/** What the application keeps for each request. */
export interface HttpEnv {
  Bindings: Services;
  Variables: Notes;
}

/** What the checks and handlers of a request note for those after them, and for its line in the log. */
export interface Notes {
  requestId: string;
  /** The job that the request names, for its line in the log. */
  jobId: string | undefined;
  /** The pattern of the resource that the request asks for; undefined where there is none. */
  route: string | undefined;
  /** What the access token allows; undefined where no access tokens are configured. */
  access: Access | undefined;
  /** The CORS headers of every answer; undefined where no other origins are allowed. */
  crossOrigin: Readonly<Record<string, string>> | undefined;
  /** The room that the request takes; undefined where there is no limit. */
  ticket: Ticket | undefined;
  /** How long the request waited for a job, in milliseconds; undefined where it did not. */
  waitedMs: number | undefined;
  /** The code of the failure in the answer. */
  code: string | undefined;
  /** Whether the line in the log is one for debugging: the request comes every few seconds. */
  isRoutine: boolean | undefined;
  /** Whether the request was passed on, and is logged where it is answered. */
  isAnsweredElsewhere: boolean | undefined;
}

/** What the rules read of a request. */
export interface HttpRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly url: string;
  /** Null where the request has no body. */
  readonly raw: {
    readonly body: ReadableStream<Uint8Array> | null;
    /** Aborted when the client goes away. */
    readonly signal: AbortSignal;
  };
  /** The name in upper or lower case. Headers of one name are joined by commas. */
  header(name: string): string | undefined;
  query(name: string): string | undefined;
  queries(name: string): string[] | undefined;
  /** The whole body. Rejects when the connection fails before its end. */
  arrayBuffer(): Promise<ArrayBuffer>;
  /**
   * The whole body if it came with the head, null if it did not; it can be taken once. Left out where the runtime does not
   * tell.
   */
  takeWhole?(): Promise<Uint8Array<ArrayBuffer> | null>;
}

/**
 * A request with its services and its notes. All rules take this: the context of hono is one, and so is that of a
 * runtime that answers some requests without hono.
 */
export interface HttpContext {
  readonly env: Services;
  readonly req: HttpRequest;
  get<Name extends keyof Notes>(name: Name): Notes[Name];
  set<Name extends keyof Notes>(name: Name, value: Notes[Name]): void;
}
