import type { CredentialSource, S3Credentials } from '../../../lib/stores/s3/send.ts';
import { createFetchedCredentials, type FetchedParts } from './fetched.ts';
import { profileName, readSharedProfile } from './shared-files.ts';

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
    const name = profileName(profile, parts);
    const { credentials, exists, unsupported } = await readSharedProfile(name, parts);
    if (unsupported !== null) {
      throw new Error(`The AWS profile "${name}" has ${unsupported}, which is not supported`);
    }
    if (credentials !== null) return credentials;
    if (profile !== null) throw new Error(`The AWS profile "${profile}" has no credentials`);
    // A file that is being written may be empty for a moment. The credentials of the machine would be those of somebody else.
    if (current !== null) throw new Error(`The AWS profile "${name}" has no credentials any more`);
    if (!exists && name !== 'default') throw new Error(`There is no AWS profile "${name}"`);
    if (environment['AWS_WEB_IDENTITY_TOKEN_FILE'] && !isInContainer(parts)) {
      throw new Error(
        'AWS_WEB_IDENTITY_TOKEN_FILE is not supported: use EKS Pod Identity, or keys',
      );
    }
    if (environment['AWS_EC2_METADATA_DISABLED'] === 'true' && !isInContainer(parts)) {
      throw new Error(NONE);
    }
    try {
      const found = await fetched(null);
      isFetched = true;
      return found;
    } catch (error) {
      if (!isInContainer(parts)) throw new Error(NONE, { cause: error });
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`The container has no credentials for S3: ${reason}`, { cause: error });
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
  if (accessKeyId !== undefined && secretAccessKey === undefined)
    throw new Error('AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not');
  if (accessKeyId === undefined || secretAccessKey === undefined) return null;
  const sessionToken = environment['AWS_SESSION_TOKEN'] || undefined;
  return { accessKeyId, secretAccessKey, sessionToken };
}

function isInContainer({ environment }: CredentialParts): boolean {
  return Object.keys(environment).some(name => name.startsWith('AWS_CONTAINER_CREDENTIALS_'));
}
