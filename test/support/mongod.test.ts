import { describe, expect, it } from 'vitest';
import { findMongod, isCi } from '../../scripts/lib/mongod.mjs';

describe('the MongoDB server for tests', () => {
  it('is the one of MONGODB_URI before any other', () => {
    const uri = 'mongodb://somewhere/?replicaSet=rs';
    expect(findMongod({ MONGODB_URI: uri, MONGOD_BINARY: '/nowhere', PATH: '' })).toEqual({
      kind: 'uri',
      uri,
      from: 'MONGODB_URI',
    });
  });

  it('is not searched elsewhere when MONGOD_BINARY names something that does not run', () => {
    expect(() => findMongod({ MONGOD_BINARY: '/nowhere/mongod', PATH: '' })).toThrow(/MONGOD_BINARY/);
    expect(() => findMongod({ MONGOD_BINARY: process.execPath, PATH: '' })).toThrow(/MONGOD_BINARY/);
  });

  it('must be there where CI is set', () => {
    expect([isCi({ CI: 'true' }), isCi({ CI: '1' })]).toEqual([true, true]);
    expect([isCi({}), isCi({ CI: '' }), isCi({ CI: 'false' })]).toEqual([false, false, false]);
  });
});
