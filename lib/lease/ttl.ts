/** How long a lease lasts where its holder does not say. */
export const DEFAULT_TTL_SECONDS = 60;
export const MIN_TTL_SECONDS = 5;
export const MAX_TTL_SECONDS = 3600;
