import { messageOf } from './error-text.js';

const TO_READ: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'it may not be read by you',
};

const TO_WRITE: Readonly<Record<string, string>> = {
  ...TO_READ,
  ENOENT: 'there is no such folder',
  ENOTDIR: 'there is no such folder',
  EACCES: 'it may not be written by you',
  ENOSPC: 'the disk is full',
};

const TO_LIST: Readonly<Record<string, string>> = {
  ...TO_READ,
  ENOENT: 'there is no such folder',
  ENOTDIR: 'it is not a folder',
};

const REASONS = { read: TO_READ, write: TO_WRITE, list: TO_LIST } as const;

/** In words, why a file cannot be read or written, or a folder listed. */
export function fileReason(error: unknown, to: keyof typeof REASONS = 'read'): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS[to][code] ?? messageOf(error);
}
