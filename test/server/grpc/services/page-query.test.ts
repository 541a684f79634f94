import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { expect, test } from 'vitest';
import {
  ListEntriesRequestSchema,
  ListListsRequestSchema,
} from '../../../../src/gen/tollgate/v1/list_service_pb.js';
import { ListSitesRequestSchema } from '../../../../src/gen/tollgate/v1/site_service_pb.js';
import { pageOf } from '../../../../src/server/grpc/services/page-query.js';
import { violationsOf } from '../../support/violations.js';

const asked = { list: 'block-customers', asOf: timestampFromMs(1000) };
const entries = (more: MessageInitShape<typeof ListEntriesRequestSchema> = {}) =>
  pageOf(ListEntriesRequestSchema, create(ListEntriesRequestSchema, { ...asked, ...more }));
const pageToken = entries().tokenOf('place');

test('a token leads on where the same is asked for, with pages of any size', () => {
  expect(entries().query).toEqual({ size: 50, token: '' });
  expect(entries({ pageToken }).query).toEqual({ size: 50, token: 'place' });
  expect(entries({ pageToken, pageSize: 7 }).query).toEqual({ size: 7, token: 'place' });
  expect(entries({ pageToken }).tokenOf('next')).toBe(entries().tokenOf('next'));
  expect(entries().tokenOf('')).toBe('');
});

test('a token of another list, filter or call is refused, as is one that nobody gave or that was changed', () => {
  const refused = ['page_token: is not one that was given for this list and these filters'];
  const others = [
    () => entries({ pageToken, list: 'block-devices' }),
    () => entries({ pageToken, asOf: timestampFromMs(2000) }),
    () => entries({ pageToken, planned: true }),
    () => entries({ pageToken: 'place' }),
    () => entries({ pageToken: pageToken.slice(0, -1) }),
    () => entries({ pageToken: pageToken.replace('place', 'palce') }),
  ];
  for (const other of others) expect(violationsOf(() => void other())).toEqual(refused);
  const lists = pageOf(ListListsRequestSchema, create(ListListsRequestSchema)).tokenOf('place');
  const sites = create(ListSitesRequestSchema, { pageToken: lists });
  expect(violationsOf(() => void pageOf(ListSitesRequestSchema, sites))).toEqual(refused);
});
