import type { CredentialSource, S3Credentials } from '../../../lib/stores/s3/send.ts';
import { createFetchedCredentials, type FetchedParts } from './fetched.ts';
import { readSharedProfile } from './shared-files.ts';

export interface CredentialParts extends FetchedParts {
  /** The section of the shared files. Null: as the environment says it. */
  readonly profile: string | null;
}

/**
 * Where AWS tools look for credentials, in their order: the variables, unless a profile is named in the URL; the shared files; the
 * container or the machine on AWS. Files are read again when the server refuses what they had.
 * Rejects with an error for people where there are none.
 */
export function createCredentials(parts: CredentialParts): CredentialSource {
  const { environment, profile } = parts;
  const fetched = createFetchedCredentials(parts);
  let current: S3Credentials | null = null;
  let isFetched = false;

  async function find(): Promise<S3Credentials> {
    const ofVariables = profile === null ? inVariables(parts) : null;
    if (ofVariables !== null) return ofVariables;
    const name = profile ?? environment['AWS_PROFILE'] ?? 'default';
    const { credentials } = await readSharedProfile(name, parts);
    if (credentials !== null) return credentials;
    if (profile !== null) throw new Error(`The AWS profile "${profile}" has no credentials`);
    if (environment['AWS_EC2_METADATA_DISABLED'] === 'true' && !isInContainer(parts)) {
      throw new Error(NONE);
    }
    try {
      const found = await fetched(null);
      isFetched = true;
      return found;
    } catch (error) {
      throw new Error(NONE, { cause: error });
    }
  }

  return async rejected => {
    if (isFetched) return fetched(rejected);
    if (current === null || rejected !== null) current = await find();
    return current;
  };
}

const NONE =
  'There are no credentials for S3: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE';

function inVariables({ environment }: CredentialParts): S3Credentials | null {
  const accessKeyId = environment['AWS_ACCESS_KEY_ID'] || undefined;
  const secretAccessKey = environment['AWS_SECRET_ACCESS_KEY'] || undefined;
  if (accessKeyId === undefined || secretAccessKey === undefined) return null;
  const sessionToken = environment['AWS_SESSION_TOKEN'] || undefined;
  return { accessKeyId, secretAccessKey, sessionToken };
}

function isInContainer({ environment }: CredentialParts): boolean {
  return Object.keys(environment).some(name => name.startsWith('AWS_CONTAINER_CREDENTIALS_'));
}
