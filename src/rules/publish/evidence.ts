/** What may speak for a version, or against it. A backtest comes with the part that makes them. */
export type EvidenceKind = 'cases' | 'backtest' | 'approval' | 'withdrawal' | 'waiver';

/** What a waiver may stand in for, until it follows; for cases only that of `SHIPPED`. */
export type Waivable = 'cases' | 'backtest' | 'approval';

/** Who vouches for the rule sets that an empty store starts with. Nobody else is called so. */
export const SHIPPED = 'shipped';

/** One piece of evidence, bound to the content of a version. Append-only. */
export type Evidence = EvidenceHead & EvidenceBody;

interface EvidenceHead {
  readonly ruleSet: string;
  readonly version: number;
  /** 1, 2, 3 … of this version. */
  readonly number: number;
  /** Of the version: evidence for other content says nothing. */
  readonly hash: string;
  readonly actor: string;
  /** Epoch ms. */
  readonly at: number;
  /** Why, or what was looked at. */
  readonly comment: string;
  /** Said by whoever called, in development mode: nobody knows who the actor is. */
  readonly development?: true;
}

type EvidenceBody =
  | ({ readonly kind: 'cases' } & CasesResult)
  | { readonly kind: 'backtest'; readonly report: string }
  | { readonly kind: 'approval' | 'withdrawal' }
  | { readonly kind: 'waiver'; readonly waives: readonly Waivable[] };

/** How golden cases ended. */
export interface CasesResult {
  /** SHA-256, hex, over the cases and the lists beside them. */
  readonly casesHash: string;
  readonly passed: number;
  readonly failed: number;
  /** What was wrong, the first of it. */
  readonly failures: readonly string[];
}

/** The latest word of each kind on a version. Pure. */
export interface Standing {
  readonly cases: Extract<Evidence, { kind: 'cases' }> | undefined;
  readonly backtest: Extract<Evidence, { kind: 'backtest' }> | undefined;
  /** By others than its authors, not withdrawn since, and not given over red cases that others took the place of. */
  readonly approvals: readonly Evidence[];
  /** The latest waiver of each. */
  readonly waivers: Readonly<Partial<Record<Waivable, Evidence>>>;
}

/** Who made a version, and what its content is. */
export interface Authorship {
  readonly hash: string;
  readonly author: string;
  readonly editors?: readonly string[];
}

/** Whether somebody had a hand in a version, however the name is written: who did cannot be its second person. */
export function wrote({ author, editors = [] }: Authorship, name: string): boolean {
  const asked = name.toLowerCase();
  return [author, ...editors].some((one) => one.toLowerCase() === asked);
}

/**
 * What the evidence (oldest first) comes to. `identified`: callers have an identity, so that nobody's word counts who had
 * none.
 */
export function standingOf(evidence: readonly Evidence[], version: Authorship, identified = false): Standing {
  const approvals = new Map<string, Approved>();
  const waivers: Partial<Record<Waivable, Evidence>> = {};
  let cases: Standing['cases'];
  let backtest: Standing['backtest'];
  for (const piece of evidence) {
    if (piece.hash !== version.hash) continue;
    if (piece.kind === 'cases') {
      for (const [actor, { over }] of approvals)
        if (over !== undefined && over !== piece.casesHash) approvals.delete(actor);
      cases = piece;
    } else if (piece.kind === 'backtest') backtest = piece;
    else if (identified && piece.development) continue;
    else if (piece.kind === 'withdrawal') approvals.delete(piece.actor);
    else if (piece.kind === 'waiver') for (const what of piece.waives) waivers[what] = piece;
    else if (!wrote(version, piece.actor))
      approvals.set(piece.actor, { piece, over: cases && !areGreen(cases) ? cases.casesHash : undefined });
  }
  return { cases, backtest, approvals: Array.from(approvals.values(), ({ piece }) => piece), waivers };
}

/** An approval, and the hash of the cases where those were red: who approved has seen none that are green. */
interface Approved {
  readonly piece: Evidence;
  readonly over: string | undefined;
}

function areGreen({ passed, failed }: CasesResult): boolean {
  return failed === 0 && passed > 0;
}

/** What a version lacks to go live, and what it goes without on somebody's word. */
export interface Readiness {
  /** Empty: it may go live. For people. */
  readonly missing: readonly string[];
  readonly waived: readonly { readonly what: Waivable; readonly actor: string; readonly reason: string }[];
}

/** Who waives the second person where nobody is asked who they are. */
export const DEVELOPMENT = 'development mode';

/**
 * Whether a version may go live, as active or canary: its golden cases are green, a backtest is attached, and somebody
 * who did not write it has approved; the last two may be waived. Where callers have no identity (`development`) nobody can
 * be told apart, and the second person is waived.
 */
export function readinessOf(standing: Standing, development: boolean): Readiness {
  const missing: string[] = [];
  const waived: { what: Waivable; actor: string; reason: string }[] = [];
  const { cases, backtest, approvals, waivers } = standing;
  const waive = (what: Waivable, otherwise: string): void => {
    const waiver = waivers[what];
    if (waiver !== undefined) waived.push({ what, actor: waiver.actor, reason: waiver.comment });
    else if (what === 'approval' && development)
      waived.push({
        what,
        actor: DEVELOPMENT,
        reason: 'callers have no identity: nobody can be the second person',
      });
    else missing.push(otherwise);
  };
  if (cases === undefined) waive('cases', 'golden cases: none are attached');
  else if (cases.failed > 0)
    missing.push(`golden cases: ${cases.failed} of ${cases.passed + cases.failed} fail`);
  else if (cases.passed === 0) missing.push('golden cases: there is none that expects anything');
  if (backtest === undefined) waive('backtest', 'backtest: none is attached, and nobody has waived it');
  if (approvals.length === 0)
    waive('approval', 'approval: nobody but its authors has approved it, and nobody has waived that');
  return { missing, waived };
}

/**
 * What a version that is live lacks, however it came there: on a waiver, by a roll-back, or because an approval was
 * withdrawn since. What the release vouches for is not owed by anybody here.
 */
export function owedOf({ backtest, approvals, waivers }: Standing): readonly Waivable[] {
  const lacks = { backtest: backtest === undefined, approval: approvals.length === 0 };
  return (['backtest', 'approval'] as const).filter(
    (what) => lacks[what] && waivers[what]?.actor !== SHIPPED,
  );
}
