import type { HttpContext } from '../env.ts';
import { ownerOf } from '../presence-request.ts';

/** How many objects have streams. To change it moves the streams that are opened from then on, and ends none. */
const PLACES = 8;

/**
 * Which object has the streams of the caller, where objects have them: one for each access token, so that all streams that may
 * ask for a lease know each other.
 */
export function placeOf(c: HttpContext): number {
  let hash = 0;
  for (const character of ownerOf(c)) hash = (hash * 31 + character.charCodeAt(0)) % 65_521;
  return hash % PLACES;
}

/** The name of such an object. */
export function placeName(place: number): string {
  return `presence-${place}`;
}

/** The path of a connection: the place of the stream, and a secret that is good for one use. */
export function socketPath(place: number, secret: string): string {
  return `/v1/presence/${place}.${secret}`;
}

const SOCKET_PATH = /^\/v1\/presence\/(\d{1,2})\.[\w-]{1,100}$/;

/** The place of a connection that is to be made. Null for another request. */
export function placeOfUpgrade(request: Request): number | null {
  if (request.method !== 'GET' || request.headers.get('upgrade') !== 'websocket') return null;
  const place = Number(SOCKET_PATH.exec(new URL(request.url).pathname)?.[1] ?? PLACES);
  return place < PLACES ? place : null;
}
