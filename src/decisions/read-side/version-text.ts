import type { Provenance } from '../../rules/versions/provenance.js';
import { momentText } from '../../world/age-text.js';

const STEPS: Readonly<Record<NonNullable<Provenance['activation']>['step'], string>> = {
  activate: 'activated',
  'roll-back': 'rolled back to',
  deactivate: 'deactivated',
  'start-canary': 'put in canary',
  'stop-canary': 'taken from canary',
  'start-shadow': 'put in shadow',
  'stop-shadow': 'taken from shadow',
};

/** Who made a version, who let it decide and why: `velocity v3 by ana on 2026-03-01: tighter; activated by …`. */
export function versionText(ruleSet: string, version: number, provenance: Provenance | undefined): string {
  const name = `${ruleSet} v${version}`;
  if (provenance === undefined) return `${name}: not stored any more as it was`;
  const { author, createdAt, comment, activation, approvals } = provenance;
  const parts = [`${name} by ${someone(author)} on ${momentText(createdAt)}${said(comment)}`];
  if (activation !== undefined) {
    const { step, actor, at, reason } = activation;
    parts.push(`${STEPS[step]} by ${someone(actor)} on ${momentText(at)}${said(reason)}`);
  }
  parts.push(
    approvals.length === 0 ? 'no approval' : `approved by ${approvals.map(approvalText).join(', ')}`,
  );
  return parts.join('; ');
}

function approvalText({ actor, at, development }: Provenance['approvals'][number]): string {
  return `${actor} on ${momentText(at)}${development === true ? ' in development mode' : ''}`;
}

function someone(name: string): string {
  return name === '' ? 'nobody named' : name;
}

function said(text: string): string {
  return text === '' ? '' : ` (${text})`;
}
