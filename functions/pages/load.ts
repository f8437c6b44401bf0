import { getLogger } from '@logtape/logtape';
import type { Pages } from '../services/pages.ts';
import { openPages, siteFolder } from './folder.ts';

const logger = getLogger(['dalsegno', 'pages']);

/** The built dashboard. Null, with a line in the log, where it cannot be served: the API does not need it. */
export async function loadPages(folder: string = siteFolder()): Promise<Pages | null> {
  try {
    const pages = await openPages(folder);
    if (pages === null) {
      logger.info('The dashboard is not built: {folder} has no index.html', { folder });
    }
    return pages;
  } catch (error) {
    logger.warning('Cannot serve the dashboard: {error}', { error });
    return null;
  }
}
