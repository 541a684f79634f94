/** What the command answers to the shell. */
export const EXIT = {
  /** Done. */
  ok: 0,
  /** Tollgate, or a check, said no; or a part of the input failed. */
  refused: 1,
  /** The command line, or a file it names, cannot be used. */
  usage: 2,
  /** No answer: nobody listens, the store is away, or time ran out. Trying again later may help. */
  unreachable: 3,
} as const;
/** One of them. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A failure in words for the person at the terminal: what failed, where, and where it helps what to do. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;
  /** For programs. */
  readonly code: string;
  /** Further lines, for example one for each field at fault. */
  readonly details: readonly string[];

  constructor(exitCode: ExitCode, code: string, message: string, details: readonly string[] = []) {
    super(message);
    this.exitCode = exitCode;
    this.code = code;
    this.details = details;
  }
}

/** The command line cannot be used. */
export function usageError(message: string, details: readonly string[] = []): CliError {
  return new CliError(EXIT.usage, 'USAGE', message, details);
}

/** The content of a file cannot be used; `where` names the file and, where known, the line or path. */
export function badInput(where: string, message: string, details: readonly string[] = []): CliError {
  return new CliError(EXIT.refused, 'BAD_INPUT', `${where}: ${message}`, details);
}
