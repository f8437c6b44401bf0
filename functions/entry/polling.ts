/** How often a page asks for news where every request and every list is billed. */
export const EDGE_POLL_SECONDS = 30;
