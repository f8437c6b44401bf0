/** How often a page asks for news where one process answers from memory. */
export const PROCESS_POLL_SECONDS = 5;

/** The same where every request and every list is billed. */
export const EDGE_POLL_SECONDS = 30;
