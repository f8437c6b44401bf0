/** The settings of the Node service by their flags: the variable in the environment, and the help text. */
export const SETTINGS = {
  port: { variable: 'PORT', help: 'port to listen on, 0 for any free one (8787)' },
  host: { variable: 'HOST', help: 'loopback address to listen on (127.0.0.1)' },
  store: {
    variable: 'STORE',
    help: 'URL of the store: file:, memory:, postgres: or s3: (STATE_DIR)',
  },
  'state-dir': { variable: 'STATE_DIR', help: 'folder of the state files (./state)' },
  'state-mode': { variable: 'STATE_MODE', help: 'mode of new files, in octal (0600)' },
  'allow-network-file-system': {
    variable: 'ALLOW_NETWORK_FILE_SYSTEM',
    help: 'true takes a folder on NFS and the like (false)',
  },
  'max-body-bytes': { variable: 'MAX_BODY_BYTES', help: 'largest body that is read (33554432)' },
  'max-sheets': { variable: 'MAX_SHEETS', help: 'most sheets of a job (10000)' },
  'max-state-bytes': {
    variable: 'MAX_STATE_BYTES',
    help: 'largest state that is stored (as MAX_BODY_BYTES)',
  },
  'max-requests-in-flight': {
    variable: 'MAX_REQUESTS_IN_FLIGHT',
    help: 'requests in flight at once (1000)',
  },
  'max-bytes-in-flight': {
    variable: 'MAX_BYTES_IN_FLIGHT',
    help: 'bytes of bodies in flight at once (twice MAX_BODY_BYTES)',
  },
  'cache-bytes': { variable: 'CACHE_BYTES', help: 'memory for parsed jobs (67108864)' },
  'access-tokens': {
    variable: 'ACCESS_TOKENS',
    help: 'who may do what: see dalsegno token (everybody, everything)',
  },
  'cors-origins': {
    variable: 'CORS_ORIGINS',
    help: 'origins of pages that may call, * for all (none)',
  },
  'sweep-interval': {
    variable: 'SWEEP_INTERVAL',
    help: 'seconds from sweep to sweep, 0 for none (60)',
  },
  'retention-days': {
    variable: 'RETENTION_DAYS',
    help: 'days after which the sweep deletes finished jobs (never)',
  },
  'presence-grace-ms': {
    variable: 'PRESENCE_GRACE_MS',
    help: 'how long a job waits for a worker whose connection broke (2000)',
  },
  'log-level': { variable: 'LOG_LEVEL', help: 'debug, info, warning or error (info)' },
  'log-format': { variable: 'LOG_FORMAT', help: 'pretty or json (pretty on a terminal)' },
  development: {
    variable: 'DEVELOPMENT',
    help: 'true examines the store at the start (false)',
  },
} as const;
