import type { S3Credentials } from '../../../lib/stores/s3/send.ts';
import type { Machine } from '../machine.ts';

export interface SharedProfile {
  /** Whether the files have it. */
  readonly exists: boolean;
  /** Null if the profile has none. */
  readonly credentials: S3Credentials | null;
  /** What the profile has that needs other services, and counts before its keys with the AWS tools. Null if there is none. */
  readonly unsupported: string | null;
  readonly region: string | null;
}

/** What the AWS tools take before the keys of a profile. */
const BEFORE_KEYS = [
  'role_arn',
  'web_identity_token_file',
  'sso_session',
  'sso_start_url',
  'login_session',
];
/** What they take where it has no keys. */
const AFTER_KEYS = ['credential_process'];

/** The profile that the URL names, or else the environment. */
export function profileName(profile: string | null, { environment }: Machine): string {
  return profile ?? (environment['AWS_PROFILE'] || 'default');
}

/**
 * What the shared files of the AWS tools have of a profile: `~/.aws/credentials` and `~/.aws/config`, or those that the environment
 * names. A file that is not there is empty.
 */
export async function readSharedProfile(
  name: string,
  { environment, home, readText }: Machine,
): Promise<SharedProfile> {
  const folder = `${home()}/.aws`;
  const files = [
    [
      environment['AWS_CONFIG_FILE'] || `${folder}/config`,
      name === 'default' ? [name, 'profile default'] : [`profile ${name}`],
    ],
    [environment['AWS_SHARED_CREDENTIALS_FILE'] || `${folder}/credentials`, [name]],
  ] as const;
  const texts = await Promise.all(files.map(async ([file]) => (await readText(file)) ?? ''));
  const sections = files.flatMap(([, names], index) => sectionsIn(texts[index] ?? '', names));
  const values = sections.flat();
  // The last one counts: that of the file with the credentials, if both have one.
  const valueOf = (key: string) => values.findLast(([own]) => own === key)?.[1] || undefined;
  const accessKeyId = valueOf('aws_access_key_id');
  const secretAccessKey = valueOf('aws_secret_access_key');
  const hasKeys = accessKeyId !== undefined && secretAccessKey !== undefined;
  const others = hasKeys ? BEFORE_KEYS : [...BEFORE_KEYS, ...AFTER_KEYS];
  return {
    exists: sections.length > 0,
    credentials: hasKeys
      ? { accessKeyId, secretAccessKey, sessionToken: valueOf('aws_session_token') }
      : null,
    unsupported: others.find(key => valueOf(key) !== undefined) ?? null,
    region: valueOf('region') ?? null,
  };
}

type Value = readonly [string, string];

/**
 * The keys and values of each section with one of these names. What is behind a space and `#` or `;` is a comment. Lines that begin with a
 * space belong to a key without a value before them, if there is one.
 */
function sectionsIn(text: string, names: readonly string[]): Value[][] {
  const sections: Value[][] = [];
  let values: Value[] | null = null;
  let isNested = false;
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    const header = /^\s*\[\s*([^\]]*?)\s*\]/.exec(line)?.[1];
    if (header !== undefined) {
      const section = header.replaceAll(/\s+/g, ' ').replaceAll(/["']/g, '');
      values = names.includes(section) ? [] : null;
      if (values !== null) sections.push(values);
      isNested = false;
      continue;
    }
    const [, key = '', value = ''] =
      /^\s*([^\s#;=][^=]*?)\s*=\s*(.*?)\s*$/.exec(line.replace(/\s[#;].*$/, '')) ?? [];
    if (key === '' || (isNested && /^\s/.test(line))) continue;
    isNested = value === '';
    values?.push([key.toLowerCase(), value]);
  }
  return sections;
}
