/** Options of a MongoDB URI whose values are secrets; what follows an & without being an option belongs to the value. */
const SECRET_OPTION =
  /([?&][^=&]*(?:password|secret|token|mechanismproperties)[^=&]*=)[^&]*(?:&[^=&]*(?=&|$))*/gi;

/**
 * A store's address as it may be shown: without user, password and secret options. A password may hold, wrongly, any of
 * the characters that end it elsewhere: what is hidden goes up to the last @.
 */
export function shownStore(address: string): string {
  return address.replace(/^([a-z0-9+.-]+:\/\/).*@/is, '$1***@').replace(SECRET_OPTION, '$1***');
}
