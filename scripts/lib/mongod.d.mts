/** A server that runs elsewhere, or a program that can be started here. `from` says where it was found. */
export type Mongod =
  | { readonly kind: 'uri'; readonly uri: string; readonly from: string }
  | { readonly kind: 'binary'; readonly path: string; readonly version: string; readonly from: string };

export declare const CACHE_FOLDER: string;
export declare const HOW_TO_GET_ONE: string;
export declare function findMongod(environment?: NodeJS.ProcessEnv): Mongod | undefined;
export declare function getMongod(
  environment?: NodeJS.ProcessEnv,
  say?: (line: string) => void,
): Promise<Mongod | undefined>;
export declare function isCi(environment?: NodeJS.ProcessEnv): boolean;
