import { timestampFromMs } from '@bufbuild/protobuf/wkt';

/** Which state of a list is meant, epoch ms. */
export interface AsOf {
  /** As it stood then. */
  readonly asOf?: number;
  /** By what was known then. */
  readonly knownAt?: number;
}

/** The same as the fields of a request. */
export const asOfTime = ({ asOf, knownAt }: AsOf) => ({
  ...(asOf === undefined ? {} : { asOf: timestampFromMs(asOf) }),
  ...(knownAt === undefined ? {} : { knownAt: timestampFromMs(knownAt) }),
});
