import fc from 'fast-check';
import { MongoClient } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { isMongoUri } from '../../src/config/mongo-uri.js';
import { shownStore } from '../../src/config/shown-store.js';

const MARK = 'SECRET';
const SEPARATORS = '@ / ? # : & = % + , ; [ ] \\ | " < > ! $ ( ) * ~ ^ ` { } é %40 %2F'
  .split(' ')
  .concat(' ', '\n', "'");
/** Text that is told by its mark wherever it is cut: as people write it, nothing escaped. */
const secret = fc
  .array(fc.constantFrom(...SEPARATORS), { maxLength: 8 })
  .map((characters) => [MARK, ...characters.map((character) => character + MARK)].join(''));
const scheme = fc.constantFrom('mongodb', 'mongodb+srv', 'MongoDB');
const tail = fc.constantFrom('', '/', '/db', '/db?replicaSet=rs0', '/?w=majority&appName=a');
/** A value of an option ends where a & and a name with = follow. */
const option = fc.constantFrom('tlsCertificateKeyFilePassword', 'proxyPassword', 'authMechanismProperties');

describe('a store as it is shown', () => {
  it('has nothing of user and password, whatever they hold', () => {
    fc.assert(
      fc.property(scheme, secret, secret, tail, (kind, user, password, rest) => {
        const shown = shownStore(`${kind}://${user}:${password}@h1:27017,h2${rest}`);
        expect(shown).toBe(`${kind}://***@h1:27017,h2${rest}`);
      }),
    );
  });

  it('has nothing of the values of options that are secrets', () => {
    const value = secret.filter((text) => !/&[^&]*=/.test(text) && !text.includes('@'));
    fc.assert(
      fc.property(scheme, option, value, (kind, name, text) => {
        expect(shownStore(`${kind}://host/db?w=1&${name}=${text}&tls=true`)).toBe(
          `${kind}://host/db?w=1&${name}=***&tls=true`,
        );
      }),
    );
  });

  it('is shown as it is when it holds no secrets', () => {
    for (const store of ['sqlite:/var/lib/t@llgate.db', 'mongodb://db1,db2/tollgate?replicaSet=rs0'])
      expect(shownStore(store)).toBe(store);
  });
});

describe('a MongoDB URI', () => {
  it.each([
    'mongodb://host',
    'mongodb://h1:1,h2:2/?replicaSet=rs0&tls=true',
    'mongodb://user:p%40ss%2Fw@[::1]:27017/db?authSource=admin&',
    'mongodb+srv://user@cluster.example.net/db?authMechanismProperties=A:b=,C:d/e',
    'mongodb://host?directConnection=true',
  ])('is taken: %s', (uri) => {
    expect(isMongoUri(uri)).toBe(true);
  });

  it('holds any password that is written as it should be', () => {
    fc.assert(
      fc.property(secret, secret, tail, (username, password, rest) => {
        const uri = `mongodb://${encodeURIComponent(username)}:${encodeURIComponent(password)}@host${rest}`;
        expect(isMongoUri(uri)).toBe(true);
        expect(new MongoClient(uri).options.credentials).toMatchObject({ username, password });
      }),
    );
  });

  it('with a password that is not is refused here, or read right by the driver, or refused without a word of it', () => {
    fc.assert(
      fc.property(secret, secret, tail, (user, password, rest) => {
        const uri = `mongodb://${user}:${password}@host${rest}`;
        if (!isMongoUri(uri)) return;
        let said = '';
        try {
          said = new MongoClient(uri).options.hosts.join();
        } catch (error) {
          said = (error as Error).message;
        }
        expect(said).not.toContain(MARK);
      }),
      { numRuns: 1000 },
    );
  });
});
