import fc from 'fast-check';

/**
 * Property tests draw the same cases in every run, so that a run says something about the change and not about the draw.
 * TOLLGATE_TEST_SEED names another seed; `random` draws anew, to look for what nobody thought of.
 */
const SEED = 20_260_317;

const named = process.env['TOLLGATE_TEST_SEED'] ?? '';
if (named !== 'random') fc.configureGlobal({ seed: named === '' ? SEED : Number(named) });
