import { examples, type Root } from '../calls/root.ts';

/** `dalsegno copy`: all jobs from one store to another, without a service. */
export function addCopy(root: Root): void {
  root
    .command('copy')
    .summary('copy all jobs to another store')
    .description(DESCRIPTION)
    .configureHelp({ showGlobalOptions: false })
    .option('--from <store>', 'where the jobs are')
    .option('--to <store>', 'where they go')
    .option('--held', 'copy held jobs too, with their leases')
    .option(
      '--overwrite',
      'replace other objects of the target under the same keys, except held jobs',
    )
    .option('--others', 'the target may have jobs that the source does not have')
    .option(
      '--wrangler-config <file>',
      'the file with the bindings STATE_BUCKET and STATE_KV (wrangler.toml)',
    )
    .addHelpText(
      'after',
      STORES +
        examples(
          'dalsegno copy --from file:./state --to file:/backup/state',
          'dalsegno copy --from file:./state --to r2:remote --held',
          'dalsegno copy --from file:./state --to postgres://dalsegno@127.0.0.1/jobs',
          'dalsegno copy --from service:https://dalsegno.example.workers.dev --to file:./state',
        ),
    )
    .action(async given => {
      const { runCopy } = await import('../copy/run-copy.ts');
      await runCopy(given);
    });
}

const DESCRIPTION = `Copies all jobs from one store to another, bytes unchanged, and then compares the two.
Run it again to continue an interrupted copy, or to copy later changes. For every job that it puts
at the target, it writes a copy record under copied/. It replaces only jobs with a copy record.`;

const STORES = `
Stores:
  file:<folder>
  deno-kv:<path or https URL>     a URL needs DENO_KV_ACCESS_TOKEN
  s3://<bucket>/<prefix>?endpoint=<URL>&region=<name>
                                  a bucket, as STORE names it for the service, with the credentials
                                  of the AWS tools: variables, files, container or machine
  postgres://<user>@<host>/<database>?schema=<name>
                                  a database, as STORE names it for the service. PGPASSWORD has the
                                  password where the URL has none: that is where nobody can read it
  r2:local, workers-kv:local      the local state of \`wrangler dev\`
  r2:remote, workers-kv:remote    the bucket or namespace of your account
  service:<URL>                   a running service on Workers with R2, and the only way where its
                                  leases are in Durable Objects. It needs an access token with the
                                  scope admin: DALSEGNO_TOKEN, or DALSEGNO_FROM_TOKEN and
                                  DALSEGNO_TO_TOKEN for each side

In the environment: STATE_MODE, the mode of new files in octal (0600), and
ALLOW_NETWORK_FILE_SYSTEM=true for folders on network file systems such as NFS.

Exit code 0: everything is copied and verified; 1: something is not; 2: bad usage.
`;
