import { signal } from '@preact/signals';
import { hashOf, parseRoute, type Route } from '../text/route.ts';

/** Where the page is. */
export const route = signal<Route>(parseRoute(hashNow()));

export function startNavigation(): void {
  globalThis.addEventListener('hashchange', () => {
    const next = parseRoute(hashNow());
    const samePlace = placeOf(next) === placeOf(route.peek());
    route.value = next;
    if (!samePlace) globalThis.scrollTo(0, 0);
  });
}

export function goTo(next: Route): void {
  globalThis.location.hash = hashOf(next);
}

/** Goes there without a step for the back button, for what changes with every key. */
export function replaceRoute(next: Route): void {
  globalThis.history.replaceState(globalThis.history.state, '', hashOf(next));
  route.value = next;
}

/** `location.hash` is decoded in part by some browsers; the address is not. */
function hashNow(): string {
  const { href } = globalThis.location;
  const start = href.indexOf('#');
  return start < 0 ? '' : href.slice(start);
}

function placeOf(place: Route): string {
  return place.page === 'job' ? `job ${place.jobId}` : place.page;
}
