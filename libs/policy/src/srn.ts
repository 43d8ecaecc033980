import { globMatches } from './glob.js';
import { anyOf, type Verdict } from './verdict.js';

/** The eight fields of an SRN: `srn:<offering>::<account>:<region>::scr:<type>/<id>`. */
export type SrnFields = readonly string[];

const FIELDS = 8;
const ACCOUNT = 3;
const REGION = 4;
const SERVICE = 6;

/** The service code that users of the cloud's own documents may write for ours. */
const SERVICE_ALIAS = 'container-registry';
const SERVICE_CODE = 'scr';

/** A resource name that is not an SRN of eight fields, or a part that would not stay inside its own field. */
export class SrnInvalid extends Error {
  override readonly name = 'SrnInvalid';
}

/** What stands before the type: both are labels of the installation. */
export interface SrnPlace {
  /** Default `e`. */
  offering?: string;
  /** Default empty. */
  region?: string;
}

/** `srn:e::<account>:<region>::scr:container-registry/<registryId>`. Throws {@link SrnInvalid}. */
export function registrySrn(of: { accountId: string; registryId: string } & SrnPlace): string {
  return srn(of, of.accountId, `container-registry/${part(of.registryId)}`);
}

/** `srn:e::<account>:<region>::scr:repository/<registryId>/<repositoryId>`. Throws {@link SrnInvalid}. */
export function repositorySrn(of: { accountId: string; registryId: string; repositoryId: string } & SrnPlace): string {
  return srn(of, of.accountId, `repository/${part(of.registryId)}/${part(of.repositoryId)}`);
}

/** `srn:e::<account>:<region>::scr:account/<accountId>`. Throws {@link SrnInvalid}. */
export function accountSrn(of: { accountId: string } & SrnPlace): string {
  return srn(of, of.accountId, `account/${part(of.accountId)}`);
}

function srn(place: SrnPlace, accountId: string, resource: string): string {
  const region = place.region ? part(place.region) : '';
  return `srn:${part(place.offering ?? 'e')}::${part(accountId)}:${region}::${SERVICE_CODE}:${resource}`;
}

// An id with a colon or a slash would shift the fields after it, and one with a star would be read as a pattern.
function part(value: string): string {
  if (!/^[A-Za-z0-9_.-]{1,128}$/.test(value))
    throw new SrnInvalid(`${JSON.stringify(value)} cannot be part of an SRN.`);
  return value;
}

/** Splits an SRN (or an SRN pattern) into its fields, the service alias resolved. Null when it has not exactly eight, or does not begin with `srn`. */
export function splitSrn(text: string): SrnFields | null {
  const fields = text.split(':');
  if (fields.length !== FIELDS || fields[0] !== 'srn') return null;
  if (fields[SERVICE] === SERVICE_ALIAS) fields[SERVICE] = SERVICE_CODE;
  return fields;
}

/** As {@link splitSrn}, but throws {@link SrnInvalid}. */
export function parseSrn(text: string): SrnFields {
  const fields = splitSrn(text);
  if (!fields)
    throw new SrnInvalid(
      `${JSON.stringify(text)} is not an SRN of eight fields, such as srn:e::123456789012:::scr:container-registry/0123456789abcdef0123456789abcdef.`,
    );
  return fields;
}

/** A pattern over SRNs. `'*'` is every SRN; null is one that could not be read. */
export type SrnPattern = { readonly source: string; readonly fields: SrnFields | '*' | null };

/**
 * Reads a pattern: `*` alone, or eight fields with `*` and `?` inside them. A wildcard never crosses a colon. An empty account or
 * region is the published short form (`srn:e:::::scr:repository/x`) and means any.
 */
export function compileSrnPattern(source: string): SrnPattern {
  if (source === '*') return { source, fields: '*' };
  const fields = splitSrn(source);
  return { source, fields: fields && fields.map((field, at) => (anyWhenEmpty(at) && field === '' ? '*' : field)) };
}

function anyWhenEmpty(field: number): boolean {
  return field === ACCOUNT || field === REGION;
}

/** Whether an SRN matches a pattern, field by field, case-sensitive. Unknown when the pattern could not be read. */
export function srnMatches(pattern: SrnPattern, srnFields: SrnFields): Verdict {
  if (pattern.fields === '*') return true;
  if (pattern.fields === null) return 'unknown';
  return pattern.fields.every((field, at) => globMatches(field, srnFields[at] ?? ''));
}

/** Whether an SRN matches any of several patterns. */
export function srnMatchesAny(patterns: readonly SrnPattern[], srnFields: SrnFields): Verdict {
  return anyOf(patterns, (pattern) => srnMatches(pattern, srnFields));
}
