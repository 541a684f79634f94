import { expect, test } from 'vitest';
import { decisionHandlers } from '../../../../src/server/grpc/services/decision-service.js';
import { eventHandlers } from '../../../../src/server/grpc/services/event-service.js';
import { DEVELOPMENT } from '../../../../src/identity/identity.js';
import { fakeDecisions } from '../../support/fakes.js';

const REPORTER = { reference: () => '', unexpected: () => undefined };
const CONTEXT = { deadline: undefined, cancelled: false, identity: DEVELOPMENT };
const OPTIONS = { maxInFlight: 64 };

const streams = {
  ScreenStream: decisionHandlers(fakeDecisions(), REPORTER, OPTIONS).screenStream,
  RecordEvents: eventHandlers(fakeDecisions(), REPORTER, OPTIONS).recordEvents,
};

test.each(Object.entries(streams))(
  '%s takes no more messages than it may, also of such as hold nothing, while nobody takes the answers',
  async (_, stream) => {
    if (typeof stream === 'function') throw new Error('a stream that decodes its messages itself');
    let taken = 0;
    async function* empty(): AsyncGenerator<readonly never[]> {
      for (; taken < 10_000; taken++) yield [];
    }
    const answers = stream.handle(empty(), CONTEXT)[Symbol.asyncIterator]();
    expect(await answers.next()).toMatchObject({ value: { results: [] } });
    await new Promise(setImmediate);
    expect(taken).toBeLessThan(70);
  },
);
