import { toJson } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { InvalidArgumentError, type Command } from 'commander';
import {
  DecisionSchema,
  ExplainDecisionResponseSchema,
  GetDecisionResponseSchema,
  Outcome,
  ReplayDecisionResponseSchema,
  RuleState,
  type Decision,
  type FactValue,
  type ListDecisionsRequest,
} from '../../gen/tollgate/v1/decision_service_pb.js';
import { collect, moment, wholeNumber } from '../arguments.js';
import type { Connection } from '../client.js';
import { enumText, moneyText, outcomeText, printDecision, timeText } from '../decision-text.js';
import { CliError, EXIT, usageError } from '../exit.js';
import { printExplanation } from '../explanation-text.js';
import type { Host } from '../host.js';
import type { Output } from '../output.js';
import { withSession } from '../session.js';

interface ReferenceOptions {
  readonly site?: string;
  readonly requestId?: string;
}

interface Reference {
  readonly id: string;
  readonly site: string;
  readonly requestId: string;
}

/** By id, or by --site and --request-id. */
function reference(id: string | undefined, options: ReferenceOptions): Reference {
  const { site, requestId } = options;
  const byRequest = site !== undefined && requestId !== undefined;
  if ((id === undefined) !== byRequest || (id !== undefined && (site ?? requestId) !== undefined)) {
    throw usageError('which decision? Name its id, or both --site and --request-id');
  }
  return { id: id ?? '', site: site ?? '', requestId: requestId ?? '' };
}

function oneDecision(parent: Command, name: string): Command {
  return parent
    .command(`${name} [id]`)
    .option('--site <id>', 'with --request-id, in place of the id of the decision')
    .option('--request-id <id>', 'the idempotency key it was screened under');
}

function outcome(text: string, before: readonly Outcome[] = []): readonly Outcome[] {
  return [
    ...before,
    ...collect(text).map((name) => {
      const value = Outcome[name.toUpperCase() as keyof typeof Outcome] as Outcome | undefined;
      if (value === undefined || value === Outcome.UNSPECIFIED) {
        throw new InvalidArgumentError('It must be accept, review, reject, allow or block.');
      }
      return value;
    }),
  ];
}

interface ListOptions {
  readonly limit: number;
  readonly site?: string;
  readonly outcome?: readonly Outcome[];
  readonly from?: number;
  readonly to?: number;
  readonly customer?: string;
  readonly card?: string;
  readonly order?: string;
  readonly email?: string;
  readonly ip?: string;
  readonly device?: string;
  readonly merchant?: string;
  readonly rule?: string;
  readonly degraded?: boolean;
}

type Filter = Omit<ListDecisionsRequest, '$typeName' | '$unknown' | 'pageSize' | 'pageToken'>;

function filterOf(options: ListOptions): Partial<Filter> {
  return {
    site: options.site ?? '',
    outcomes: [...(options.outcome ?? [])],
    ...(options.from === undefined ? {} : { from: timestampFromMs(options.from) }),
    ...(options.to === undefined ? {} : { to: timestampFromMs(options.to) }),
    customerId: options.customer ?? '',
    cardFingerprint: options.card ?? '',
    orderId: options.order ?? '',
    email: options.email ?? '',
    ip: options.ip ?? '',
    deviceId: options.device ?? '',
    merchant: options.merchant ?? '',
    rule: options.rule ?? '',
    degraded: options.degraded ?? false,
  };
}

const MAX_PAGE = 1000;

async function collectDecisions(tollgate: Connection, options: ListOptions): Promise<readonly Decision[]> {
  const found: Decision[] = [];
  let pageToken = '';
  do {
    const pageSize = Math.min(MAX_PAGE, options.limit - found.length);
    const page = await tollgate.decisions.listDecisions({ ...filterOf(options), pageSize, pageToken });
    found.push(...page.decisions);
    pageToken = page.nextPageToken;
  } while (pageToken !== '' && found.length < options.limit);
  return found;
}

function addList(parent: Command, host: Host): void {
  parent
    .command('list')
    .description('List decisions, newest first. Filters are combined.')
    .option('--limit <n>', 'at most so many', wholeNumber(1), 20)
    .option('--site <id>', 'of this site')
    .option('--outcome <names>', 'accept, review, reject, allow, block; several with commas', outcome)
    .option('--from <moment>', 'event time from this on (UTC)', moment)
    .option('--to <moment>', 'event time before this (UTC)', moment)
    .option('--customer <id>', "the merchant's id of the customer")
    .option('--card <fingerprint>', 'card fingerprint')
    .option('--order <id>', 'order id')
    .option('--email <address>', 'e-mail address')
    .option('--ip <address>', 'IP address')
    .option('--device <id>', 'device id')
    .option('--merchant <id>', 'merchant')
    .option('--rule <set/rule>', 'only decisions in which this rule hit')
    .option('--degraded', 'only decisions that lacked an input')
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate decisions list --site es --outcome reject,block --from 2026-03-02
  $ tollgate decisions list --card fp_1f2e --limit 100 --json
  $ tollgate decisions list --rule velocity/card-burst`,
    )
    .action((options: ListOptions, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const decisions = await collectDecisions(tollgate(), options);
        if (out.json) {
          out.document(decisions.map((decision) => toJson(DecisionSchema, decision)));
          return;
        }
        if (decisions.length === 0) {
          out.line('No decision fits.');
          return;
        }
        out.table(
          ['decision', 'event time', 'site', 'outcome', 'amount', 'request', 'reasons'],
          decisions.map((decision) => [
            decision.id,
            timeText(decision.eventTime),
            decision.binding?.site ?? '',
            outcomeText(out, decision.outcome),
            moneyText(decision.binding?.amount),
            decision.requestId,
            decision.reasons.join(', '),
          ]),
          [4],
          4,
        );
      }),
    );
}

function printFacts(out: Output, facts: readonly FactValue[]): void {
  out.line();
  out.table(
    ['fact', 'params', 'value', 'source'],
    facts.map((fact) => [
      fact.fact,
      fact.paramsJson,
      fact.valueJson === '' ? out.paint('dim', 'missing') : fact.valueJson,
      fact.source,
    ]),
  );
}

function addShow(parent: Command, host: Host): void {
  oneDecision(parent, 'show')
    .description('Show one decision.')
    .option('--trace', 'also every fact that was used and every rule state')
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate decisions show 8szxq3rhr55pb05kb32hjyydct
  $ tollgate decisions show --site es --request-id order-4711-1 --trace`,
    )
    .action((id: string | undefined, options: ReferenceOptions & { trace?: boolean }, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const withTrace = options.trace ?? false;
        const found = await tollgate().decisions.getDecision({ ...reference(id, options), withTrace });
        if (out.json) {
          out.document(toJson(GetDecisionResponseSchema, found));
          return;
        }
        if (found.decision !== undefined) printDecision(out, found.decision, false);
        if (found.trace === undefined) return;
        printFacts(out, found.trace.facts);
        out.line();
        out.table(
          ['rule', 'state'],
          found.trace.rules.map((rule) => [`${rule.ruleSet}/${rule.rule}`, enumText(RuleState, rule.state)]),
        );
      }),
    );
}

interface ExplainOptions extends ReferenceOptions {
  readonly all?: boolean;
  readonly near: number;
}

function addExplain(parent: Command, host: Host): void {
  oneDecision(parent, 'explain')
    .description('Say in terms of rules, conditions and values why a decision came out as it did.')
    .option('--all', 'also rules that did not hit, and all facts, sources and versions')
    .option('--near <n>', 'rules that nearly hit, at most so many, up to 100', wholeNumber(1), 10)
    .addHelpText(
      'after',
      `
Conditions are marked + true, - false, ? unknown, ! failed, . not needed. A rule nearly hit when one or two facts lacked
little: a number within a quarter of what is asked, a count by one, another value where all else of the rule was right.

Examples:
  $ tollgate decisions explain 8szxq3rhr55pb05kb32hjyydct
  $ tollgate decisions explain --site es --request-id order-4711-1 --all
  $ tollgate decisions explain 8szxq3rhr55pb05kb32hjyydct --near 3 --json`,
    )
    .action((id: string | undefined, options: ExplainOptions, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const allRules = options.all ?? false;
        const found = await tollgate().decisions.explainDecision({
          ...reference(id, options),
          allRules,
          maxNearMisses: options.near,
        });
        if (out.json) {
          out.document(toJson(ExplainDecisionResponseSchema, found));
          return;
        }
        printExplanation(out, found, allRules);
      }),
    );
}

function addReplay(parent: Command, host: Host): void {
  oneDecision(parent, 'replay')
    .description(
      'Evaluate the recorded facts under the recorded rule versions again and compare; 1 when they differ.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate decisions replay 8szxq3rhr55pb05kb32hjyydct`,
    )
    .action((id: string | undefined, options: ReferenceOptions, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const found = await tollgate().decisions.replayDecision(reference(id, options));
        if (out.json) out.document(toJson(ReplayDecisionResponseSchema, found));
        else if (found.identical) {
          const text = outcomeText(out, found.recorded?.outcome ?? Outcome.UNSPECIFIED);
          out.line(`Identical: ${text} again, with the same 3DS demand, reasons and rule states.`);
        }
        if (!found.identical) {
          throw new CliError(
            EXIT.refused,
            'REPLAY_DIFFERS',
            'the replay differs from the record',
            found.differences,
          );
        }
      }),
    );
}

/** `tollgate decisions list|show|explain|replay`. */
export function addDecisions(program: Command, host: Host): void {
  const parent = program.command('decisions').description('Read, explain and replay decisions.');
  addList(parent, host);
  addShow(parent, host);
  addExplain(parent, host);
  addReplay(parent, host);
}
