import { expect, it } from 'vitest';
import { addressText } from '../../src/server/address.js';

it('is written so that it can be read again', () => {
  expect(addressText({ host: '127.0.0.1', port: 50_051 })).toBe('127.0.0.1:50051');
  expect(addressText({ host: 'tollgate.example', port: 0 })).toBe('tollgate.example:0');
  expect(addressText({ host: '::1', port: 50_051 })).toBe('[::1]:50051');
});
