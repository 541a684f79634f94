import { toJson } from '@bufbuild/protobuf';
import type { Command } from 'commander';
import {
  MerchantSchema,
  SiteSchema,
  type Merchant,
  type Site,
} from '../../gen/tollgate/v1/site_service_pb.js';
import type { Connection } from '../client.js';
import { counted } from '../counted.js';
import { badInput } from '../exit.js';
import type { Host } from '../host.js';
import { fileName, readMessage, readJson } from '../input/files.js';
import { withSession } from '../session.js';

const PAGE = 500;

interface SitesFile {
  readonly sites: readonly Site[];
  readonly merchants: readonly Merchant[];
}

function listOf(value: unknown, where: string): readonly unknown[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  throw badInput(where, 'must be a list');
}

async function readSites(path: string, host: Host): Promise<SitesFile> {
  const json = await readJson(path, host);
  const name = fileName(path);
  const whole: Readonly<Record<string, unknown>> = Array.isArray(json)
    ? { sites: json }
    : typeof json === 'object' && json !== null && !('id' in json)
      ? (json as Record<string, unknown>)
      : { sites: [json] };
  const unknown = Object.keys(whole).filter((key) => key !== 'sites' && key !== 'merchants');
  if (unknown.length > 0)
    throw badInput(name, `no such key: ${unknown.join(', ')}; there are sites, merchants`);
  const sites = listOf(whole['sites'], `${name} sites`);
  const merchants = listOf(whole['merchants'], `${name} merchants`);
  return {
    sites: sites.map((site, index) => readMessage(SiteSchema, site, `${name} sites[${index}]`)),
    merchants: merchants.map((one, index) => readMessage(MerchantSchema, one, `${name} merchants[${index}]`)),
  };
}

async function allSites(tollgate: Connection): Promise<readonly Site[]> {
  const found: Site[] = [];
  let pageToken = '';
  do {
    const page = await tollgate.sites.listSites({ pageSize: PAGE, pageToken });
    found.push(...page.sites);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return found;
}

async function allMerchants(tollgate: Connection): Promise<readonly Merchant[]> {
  const found: Merchant[] = [];
  let pageToken = '';
  do {
    const page = await tollgate.sites.listMerchants({ pageSize: PAGE, pageToken });
    found.push(...page.merchants);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return found;
}

function addPut(parent: Command, host: Host): void {
  parent
    .command('put <file>')
    .description('Make or change the sites and merchants of a file.')
    .addHelpText(
      'after',
      `
FILE is JSON: one site, a list of sites, or {"sites": [...], "merchants": [...]}.

Examples:
  $ echo '{"id":"es","timeZone":"Europe/Madrid","country":"ES","currency":"EUR"}' | tollgate sites put -
  $ tollgate sites put sites.json`,
    )
    .action((file: string, _options: unknown, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const { sites, merchants } = await readSites(file, host);
        for (const site of sites) await tollgate().sites.putSite({ site });
        for (const merchant of merchants) await tollgate().sites.putMerchant({ merchant });
        if (out.json) out.document({ sites: sites.length, merchants: merchants.length });
        else out.line(`${counted(sites.length, 'site')} and ${counted(merchants.length, 'merchant')} put.`);
      }),
    );
}

function addList(parent: Command, host: Host): void {
  parent
    .command('list')
    .description('List the sites, or the merchants.')
    .option('--merchants', 'merchants in place of sites')
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate sites list
  $ tollgate sites list --merchants --json`,
    )
    .action((options: { merchants?: boolean }, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        if (options.merchants === true) {
          const merchants = await allMerchants(tollgate());
          if (out.json) {
            out.document(merchants.map((merchant) => toJson(MerchantSchema, merchant)));
            return;
          }
          const head = ['merchant', 'name', 'country', 'currency', 'time zone', 'grade', 'small'];
          out.table(
            head,
            merchants.map((one) => [
              one.id,
              one.name,
              one.country,
              one.currency,
              one.timeZone,
              one.riskGrade,
              one.small ? 'yes' : 'no',
            ]),
          );
          return;
        }
        const sites = await allSites(tollgate());
        if (out.json) {
          out.document(sites.map((site) => toJson(SiteSchema, site)));
          return;
        }
        const head = ['site', 'name', 'group', 'country', 'currency', 'time zone', 'languages'];
        out.table(
          head,
          sites.map((one) => [
            one.id,
            one.name,
            one.group,
            one.country,
            one.currency,
            one.timeZone,
            one.languages.join(' '),
          ]),
        );
      }),
    );
}

/** `tollgate sites put|list`. */
export function addSites(program: Command, host: Host): void {
  const parent = program.command('sites').description('Configure shop sites and merchants.');
  addPut(parent, host);
  addList(parent, host);
}
