/** A window was asked for that does not reach back as far: it was not read, or not for this. */
export class NotLoaded extends Error {
  override readonly name = 'NotLoaded';
}
