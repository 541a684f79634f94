import { isPlainObject } from '../document/json-limits.js';

/** How the names of one kind of object stand, and what kind the values of some of them are. */
interface Form {
  readonly names: readonly string[];
  readonly inner?: Readonly<Record<string, FormName>>;
  /** What stands under any other name. */
  readonly others?: FormName;
}

type FormName = keyof typeof FORMS;

const READ = ['fact', 'params', 'path'];
const EVENT = 'event of amount code claim threeDs liabilityShifted label fraud channel happened'.split(' ');

/** The order in which the guides write things. What is not named keeps its place, behind what is. */
const FORMS = {
  ruleSet: {
    names: '$schema id kind description owner policy thresholds conditions rules limits'.split(' '),
    inner: { policy: 'policy', thresholds: 'threshold', conditions: 'named', rules: 'rule', limits: 'limit' },
  },
  policy: { names: ['missing', 'onUnknown', 'onError', 'withoutThreeDs'] },
  threshold: { names: ['score', 'outcome', 'reason', 'threeDs'] },
  named: { names: [], others: 'condition' },
  rule: {
    names: ['name', 'description', 'enabled', 'priority', 'conditions', 'event'],
    inner: { conditions: 'condition', event: 'ruleEvent' },
  },
  limit: {
    names: 'name description enabled when by period zone cap gradeFactors outcome reason refunds'.split(' '),
    inner: { when: 'condition', cap: 'cap' },
  },
  cap: { names: ['minor', 'currency'] },
  ruleEvent: { names: ['type', 'params'], inner: { params: 'eventParams' } },
  eventParams: { names: ['reason', 'score', 'threeDs', 'exemption', 'message'] },
  condition: {
    names: ['name', 'all', 'any', 'not', 'condition', ...READ, 'operator', 'value', 'priority'],
    inner: { all: 'condition', any: 'condition', not: 'condition', params: 'factParams', value: 'reference' },
  },
  reference: { names: READ, inner: { params: 'factParams' } },
  factParams: {
    names: 'list fn of by what window events filter clock includeCurrent'.split(' '),
    inner: { of: 'part' },
  },
  part: { names: ['fn', 'of', 'window', 'events', 'filter', 'clock'] },
  cases: {
    names:
      '$schema description ruleSets lists sites merchants ipCountries baseCurrency rates now defaults cases'.split(
        ' ',
      ),
    inner: { cases: 'case' },
  },
  case: {
    names: ['name', 'description', 'now', 'lists', 'baseCurrency', 'rates', 'defaults', 'stream', 'expect'],
    inner: { stream: 'entry', expect: 'expectation' },
  },
  entry: {
    names: ['at', 'id', ...EVENT, 'payment', 'repeat', 'every', 'followedBy', 'facts', 'used', 'expect'],
    inner: { followedBy: 'follow', facts: 'pinned', expect: 'expectation' },
  },
  follow: { names: [...EVENT, 'after'] },
  pinned: { names: [...READ, 'value'], inner: { params: 'factParams' } },
  expectation: {
    names:
      'outcome threeDs exemption hits notHits unknown held exceeded notDue reasons notReasons degraded'.split(
        ' ',
      ),
  },
} as const satisfies Record<string, { names: readonly string[]; inner?: object; others?: string }>;

/** The same document with its names in the order of the guides: a rule set, a file of cases, or what is neither as it is. */
export function inOrder(document: unknown): unknown {
  if (!isPlainObject(document)) return document;
  if (Object.hasOwn(document, 'rules')) return ordered(document, 'ruleSet');
  return Object.hasOwn(document, 'cases') ? ordered(document, 'cases') : document;
}

function ordered(value: unknown, name: FormName): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => ordered(item, name));
  if (!isPlainObject(value)) return value;
  const form: Form = FORMS[name];
  // Parts of a ratio are long, and stand behind what the whole is over.
  const late = name === 'factParams' && Array.isArray(value['of']) ? ['of'] : [];
  const known = form.names.filter((key) => !late.includes(key) && Object.hasOwn(value, key));
  const at = known.indexOf('window') + 1 || known.length;
  const first = late.length === 0 ? known : known.toSpliced(at, 0, ...late);
  const rest = Object.keys(value).filter((key) => !first.includes(key));
  return Object.fromEntries(
    [...first, ...rest].map((key) => {
      const kind = form.inner !== undefined && Object.hasOwn(form.inner, key) ? form.inner[key] : form.others;
      return [key, kind === undefined ? value[key] : ordered(value[key], kind)];
    }),
  );
}
