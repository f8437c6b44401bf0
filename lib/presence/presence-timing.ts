/** How often a ping is sent. */
export const PING_MS = 4000;
/** A worker that shows no sign for so long is silent. */
export const SILENT_MS = 9000;
