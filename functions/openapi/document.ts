import { MEANINGS } from '../http/problem-codes.ts';
import { componentSchemas } from './components.ts';
import { EXAMPLES } from './examples/example.ts';
import { operationOf, parameterRef, pathParameters } from './operation.ts';
import { HEADERS } from './operations/headers.ts';
import { PARAMETERS } from './operations/parameters.ts';
import { PATHS } from './operations/paths.ts';
import { type PathPlan, TAGS } from './operations/plan.ts';
import { componentResponses } from './problems.ts';

type Json = Readonly<Record<string, unknown>>;

/** The description of the whole API: OpenAPI 3.1. */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: Json;
  readonly servers: readonly Json[];
  readonly tags: readonly Json[];
  readonly paths: Readonly<Record<string, Json>>;
  readonly components: Readonly<Record<string, Json>>;
}

/** `version` is that of the package. The same version always gives the same document. */
export function createDocument({ version }: { readonly version: string }): OpenApiDocument {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Dal Segno',
      version,
      summary: 'Keeps the checkpoints of resumable jobs, and leases jobs to workers',
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The service that has this document' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths: Object.fromEntries(
      Object.entries(PATHS).map(([path, plans]) => [templateOf(path), pathItem(path, plans)]),
    ),
    components: {
      securitySchemes: {
        AccessToken: {
          type: 'http',
          scheme: 'bearer',
          description:
            'An access token with the scope `read`, `work` or `admin`; each has the rights of the one before. A service without configured access tokens serves loopback only, and needs none',
        },
        LeaseToken: {
          type: 'apiKey',
          in: 'header',
          name: 'Lease-Token',
          description: 'The token of the lease under which the caller holds the job',
        },
      },
      parameters: PARAMETERS,
      headers: HEADERS,
      responses: componentResponses(),
      schemas: componentSchemas(),
    },
  };
}

const DESCRIPTION = [
  'An HTTP service that keeps the checkpoints of long jobs made of numbered steps, called sheets, and leases each job to one worker at a time.',
  'Errors are `application/problem+json` (RFC 9457) with a stable `code`. A path that is not here gets 404 `not_found`, another method 405 `method_not_allowed` with `Allow`.',
  'Integers may have more digits than a double holds: they are exact in every answer.',
  `All codes: ${codeList()}.`,
].join('\n\n');

function codeList(): string {
  return Object.entries(MEANINGS)
    .filter(([code]) => code !== 'client_gone')
    .map(([code, { status }]) => `\`${code}\` (${status})`)
    .join(', ');
}

/** `/v1/jobs/{id}` for `/v1/jobs/:id`. */
export function templateOf(path: string): string {
  return path.replace(/:(\w+)/g, '{$1}');
}

function pathItem(path: string, plans: PathPlan): Json {
  const operations = Object.entries(plans).map(([method, plan]) => [
    method.toLowerCase(),
    operationOf({ path, method }, plan, EXAMPLES),
  ]);
  return {
    parameters: [...pathParameters(path), 'RequestId' as const].map(parameterRef),
    ...Object.fromEntries(operations),
  };
}
