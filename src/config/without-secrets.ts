/**
 * A store's URI without what nobody may read: who asks and with which password, and the options, which may hold keys.
 * A password with signs that should have been escaped is no reason to show it, so all before the last @ is left out.
 */
export function withoutSecrets(uri: string): string {
  const scheme = /^[a-z+]+:\/\//i.exec(uri)?.[0] ?? '';
  const at = uri.lastIndexOf('@');
  const [address = ''] = uri.slice(at < 0 ? scheme.length : at + 1).split('?', 1);
  return `${scheme}${at < 0 ? '' : '***@'}${address}`;
}
