import { expect, it } from 'vitest';
import { withoutSecrets } from '../../src/config/without-secrets.js';

it.each([
  ['mongodb://a,b:27018/tollgate?replicaSet=r', 'mongodb://a,b:27018/tollgate'],
  ['mongodb://user:secret@a,b/tollgate?replicaSet=r', 'mongodb://***@a,b/tollgate'],
  ['mongodb+srv://user:secret@db.example/t', 'mongodb+srv://***@db.example/t'],
  // Signs that should have been escaped: the driver refuses them, and the message shows the store.
  ['mongodb://user:sec/ret@a/t', 'mongodb://***@a/t'],
  ['mongodb://user:sec@ret@a/t', 'mongodb://***@a/t'],
  ['mongodb://user:sec?ret@a/t', 'mongodb://***@a/t'],
  ['mongodb://a/t?tlsCertificateKeyFilePassword=secret', 'mongodb://a/t'],
  ['mongodb://a/t?authMechanismProperties=X:sec@ret', 'mongodb://***@ret'],
  ['user:secret@a/t', '***@a/t'],
])('shows of %s only %s', (uri, shown) => {
  expect(withoutSecrets(uri)).toBe(shown);
});
