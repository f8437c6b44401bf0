import { effect, signal } from '@preact/signals';
import { HOME, hashOf } from '../text/route.ts';
import { route } from './navigation.ts';

/** The hash of the list as it was last shown, so that a way back keeps its filters. */
export const jobsHash = signal(hashOf(HOME));

effect(() => {
  if (route.value.page === 'jobs') jobsHash.value = hashOf(route.value);
});
