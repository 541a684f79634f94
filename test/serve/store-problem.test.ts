import { describe, expect, it } from 'vitest';
import { ConfigProblem } from '../../src/config/config.js';
import { TollgateError } from '../../src/errors/errors.js';
import { storeUnavailable } from '../../src/errors/store-unavailable.js';
import { WrongFile } from '../../src/storage/sqlite/wrong-file.js';
import { storeProblem } from '../../src/serve/store-problem.js';

describe('a store that cannot be opened', () => {
  it('is named with what its driver says, and stays a matter of trying again', () => {
    const cause = new Error('connect ECONNREFUSED 127.0.0.1:1');
    const told = storeProblem('mongodb://***@db1/t', storeUnavailable('it went away', cause));
    expect(told).toBeInstanceOf(TollgateError);
    expect(told).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: 'cannot open the store mongodb://***@db1/t: connect ECONNREFUSED 127.0.0.1:1',
    });
    expect(storeProblem('sqlite:t.db', storeUnavailable('it is in use'))).toMatchObject({
      message: 'cannot open the store sqlite:t.db: it is in use',
    });
  });

  it('is a matter of configuration when its address makes no sense', () => {
    const bad = Object.assign(new Error('option x is not supported'), { name: 'MongoParseError' });
    expect(storeProblem('mongodb://db1', bad)).toBeInstanceOf(ConfigProblem);
    expect(storeProblem('sqlite:t.db', new WrongFile('t.db is of another program'))).toBeInstanceOf(
      ConfigProblem,
    );
    const own = new ConfigProblem('store: /no: there is no such folder');
    expect(storeProblem('sqlite:/no/t.db', own)).toBe(own);
  });
});
