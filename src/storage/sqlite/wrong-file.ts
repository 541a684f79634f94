/** The file cannot be a store's: it holds something else, and waiting does not mend that. */
export class WrongFile extends Error {
  override readonly name = 'WrongFile';
}
