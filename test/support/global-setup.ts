import { randomBytes } from 'node:crypto';
import type { TestProject } from 'vitest/node';
import { HOW_TO_GET_ONE } from '../../scripts/lib/mongod.mjs';
import { mongodForTests } from './mongod.js';

/** Starts one MongoDB server for all suites of the run and ends it afterwards. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const prefix = `tollgate-test-${randomBytes(4).toString('hex')}-`;
  const server = await mongodForTests(prefix);
  project.provide('databasePrefix', prefix);
  project.provide('mongodbUri', server?.uri);
  if (!server) console.warn(`No MongoDB server: the suites "… on mongodb" are skipped; ${HOW_TO_GET_ONE}.`);
  return async () => {
    await server?.stop();
  };
}
