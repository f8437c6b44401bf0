import { systemClock } from '../../lib/base/clock.ts';
import { systemRandom } from '../../lib/base/random.ts';
import { JOB_KEYS } from '../../lib/keys/job-id.ts';
import type { ObjectStore } from '../../lib/store.ts';
import type { BucketAddress } from '../../lib/stores/s3/address.ts';
import { createS3Store } from '../../lib/stores/s3.ts';
import { createCredentials } from './aws/credentials.ts';
import { profileName, readSharedProfile } from './aws/shared-files.ts';
import type { Machine } from './machine.ts';
import { endpointFault, type S3Place } from './s3-place.ts';

/** How long a server may take for a request, besides the time for its bytes. */
const TIMEOUT_MS = 10_000;

/**
 * Opens the store. Throws where it cannot be addressed, or has no credentials; the server is not asked. Two endpoints are of one
 * bucket: all requests go to the first one, and the examination of the store uses both.
 */
export async function openS3(
  place: S3Place,
  machine: Machine,
): Promise<{ readonly store: ObjectStore; readonly text: string }> {
  const { profile, prefix, bucket } = place;
  const now = () => systemClock.millis();
  const credentials = createCredentials({ ...machine, profile, fetch, now });
  await credentials(null);
  const [address, ...others] = await addressesOf(place, machine);
  const store = createS3Store({
    address,
    others,
    prefix,
    indexed: [JOB_KEYS],
    credentials,
    fetch,
    now,
    timeoutMs: TIMEOUT_MS,
    random: () => systemRandom.fraction(),
  });
  const endpoints = [address, ...others].map(({ endpoint }) => endpoint);
  return { store, text: `s3://${bucket}/${prefix} at ${endpoints.join(' and ')}` };
}

/** One for each endpoint. */
export async function addressesOf(
  place: S3Place,
  machine: Machine,
): Promise<[BucketAddress, ...BucketAddress[]]> {
  const { bucket, pathStyle, allowsHttp } = place;
  const region = await regionOf(place, machine);
  const [first, second] = endpointsOf(place, machine);
  if (first === undefined) {
    if (region === null) {
      throw new Error('The region of the bucket is not known: add region= to the URL of the store');
    }
    const suffix = region.startsWith('cn-') ? '.cn' : '';
    const endpoint = `https://s3.${region}.amazonaws.com${suffix}`;
    // A certificate for all buckets has no place for a second dot.
    return [{ endpoint, region, bucket, pathStyle: pathStyle ?? /[._A-Z]/.test(bucket) }];
  }
  const fault = endpointFault(first, allowsHttp);
  if (fault !== null) throw new Error(`The endpoint of the store: ${fault}`);
  if (pathStyle === false && [first, second].some(endpoint => !canHaveBucket(bucket, endpoint))) {
    throw new Error(
      `The name of the host cannot have the bucket "${bucket}": leave out path_style=false`,
    );
  }
  const at = (endpoint: string): BucketAddress => ({
    endpoint,
    // Most other servers take this one, or any.
    region: region ?? 'us-east-1',
    bucket,
    pathStyle: pathStyle ?? true,
  });
  return second === undefined ? [at(first)] : [at(first), at(second)];
}

/** Hosts that are addresses have no names before them, and names of hosts have no capitals. */
function canHaveBucket(bucket: string, endpoint: string | undefined): boolean {
  if (endpoint === undefined) return true;
  const { hostname } = new URL(endpoint);
  return !/^\[|\.\d+$/.test(hostname) && !/[A-Z]/.test(bucket);
}

function endpointsOf({ endpoints }: S3Place, { environment }: Machine): readonly string[] {
  if (endpoints.length > 0) return endpoints;
  const ofVariables = environment['AWS_ENDPOINT_URL_S3'] || environment['AWS_ENDPOINT_URL'] || '';
  return ofVariables === '' ? [] : [ofVariables];
}

async function regionOf({ region, profile }: S3Place, machine: Machine): Promise<string | null> {
  if (region !== null) return region;
  const { environment } = machine;
  const ofVariables = environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION'];
  if (ofVariables !== undefined && ofVariables !== '') return ofVariables;
  return (await readSharedProfile(profileName(profile, machine), machine)).region;
}
