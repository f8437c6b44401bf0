import type { S3Credentials } from '../../../lib/stores/s3/send.ts';
import type { Machine } from '../machine.ts';

export interface SharedProfile {
  /** Null if the profile has none. */
  readonly credentials: S3Credentials | null;
  readonly region: string | null;
}

/** What would need other services: a profile with one of these is refused, and not used without it. */
const UNSUPPORTED = [
  'role_arn',
  'sso_session',
  'sso_start_url',
  'credential_process',
  'web_identity_token_file',
];

/**
 * What the shared files of the AWS tools have of a profile: `~/.aws/credentials` and `~/.aws/config`, or those that the environment
 * names. A file that is not there is empty. Throws where the profile needs more than its files.
 */
export async function readSharedProfile(
  name: string,
  { environment, home, readText }: Machine,
): Promise<SharedProfile> {
  const folder = `${home()}/.aws`;
  const files = [
    [environment['AWS_CONFIG_FILE'] ?? `${folder}/config`, configSection(name)],
    [environment['AWS_SHARED_CREDENTIALS_FILE'] ?? `${folder}/credentials`, name],
  ] as const;
  const texts = await Promise.all(files.map(async ([file]) => (await readText(file)) ?? ''));
  const values = files.flatMap(([, section], index) => sectionIn(texts[index] ?? '', section));
  // The last one counts: that of the file with the credentials, if both have one.
  const valueOf = (key: string) => values.findLast(([own]) => own === key)?.[1];
  const accessKeyId = valueOf('aws_access_key_id');
  const secretAccessKey = valueOf('aws_secret_access_key');
  const hasKeys = accessKeyId !== undefined && secretAccessKey !== undefined;
  const unsupported = UNSUPPORTED.find(key => valueOf(key) !== undefined);
  if (!hasKeys && unsupported !== undefined) {
    throw new Error(`The AWS profile "${name}" has ${unsupported}, which is not supported`);
  }
  return {
    credentials: hasKeys
      ? { accessKeyId, secretAccessKey, sessionToken: valueOf('aws_session_token') }
      : null,
    region: valueOf('region') ?? null,
  };
}

function configSection(name: string): string {
  return name === 'default' ? name : `profile ${name}`;
}

/** Keys and values. Lines that begin with a space belong to the value before. */
function sectionIn(text: string, wanted: string): (readonly [string, string])[] {
  const values: (readonly [string, string])[] = [];
  let section = '';
  for (const line of text.split(/\r?\n/)) {
    const header = /^\[\s*([^\]]*?)\s*\]/.exec(line)?.[1];
    if (header !== undefined) section = header.replaceAll(/\s+/g, ' ').replaceAll(/["']/g, '');
    const [, key = '', value = ''] = /^([^\s#;=][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (section === wanted && key !== '') values.push([key.toLowerCase(), value]);
  }
  return values;
}
