/** user:password@, hosts, /database, ?name=value&name=value; nowhere a character that could belong to another part. */
const FORM =
  /^mongodb(?:\+srv)?:\/\/(?:[^/?#[\]@]+@)?[^/?#@]+(?:\/[^/?#@]*)?(?:\?(?:[^=&#@]+=[^&#@]*(?:&|$))*)?$/;

/** What `isMongoUri` asks for. */
export const MONGO_URI_FORM =
  'a mongodb:// URI: write @ / ? # & [ ] in a user, password or option as %40 %2F %3F %23 %26 %5B %5D';

/**
 * Whether a MongoDB URI can be read in one way only. Of any other the driver may take a part of the password for a host
 * or an option, and say so.
 */
export function isMongoUri(text: string): boolean {
  return FORM.test(text);
}
