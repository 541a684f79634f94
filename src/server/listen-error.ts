const REASONS: readonly (readonly [RegExp, string])[] = [
  [/EADDRINUSE/, 'another process listens there'],
  [/EADDRNOTAVAIL/, 'this machine does not have the address'],
  [/EACCES/, 'it is not allowed to'],
  [/ENOTFOUND|EAI_AGAIN|Name resolution failed/, 'no host has that name'],
];

/** What is thrown when HOST:PORT cannot be listened on. */
export function cannotListen(address: string, error: Error): Error {
  const reason = REASONS.find(([pattern]) => pattern.test(error.message))?.[1] ?? error.message;
  return new Error(`cannot listen on ${address}: ${reason}`, { cause: error });
}
