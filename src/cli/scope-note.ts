import type { Site } from '../gen/tollgate/v1/site_service_pb.js';
import { readScope } from '../rules/publish/scope.js';
import type { Connection } from './client.js';
import type { Output } from './output.js';

const PAGE = 500;

/** Says so where a scope names what nobody has configured: it is allowed, and mostly a slip of the hand. */
export async function noteScope(
  scope: string,
  { sites }: Pick<Connection, 'sites'>,
  out: Output,
): Promise<void> {
  const read = readScope(scope);
  if (read === undefined || read === 'all') return;
  const id = read.slice(read.indexOf(':') + 1);
  const group = read.startsWith('group:');
  // What was asked for is done, whether or not this can be read.
  const known = await anySite(sites, (site) => (group ? site.group : site.id) === id).catch(() => true);
  if (known) return;
  const what = group ? `No site is in a group ${id}` : `No site ${id} is configured`;
  out.line(out.paint('yellow', `${what}: is that the name? 'tollgate sites list' shows what there is.`));
}

async function anySite(sites: Connection['sites'], wanted: (site: Site) => boolean): Promise<boolean> {
  let pageToken = '';
  do {
    const page = await sites.listSites({ pageSize: PAGE, pageToken });
    if (page.sites.some(wanted)) return true;
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return false;
}
