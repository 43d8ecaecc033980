import { ContractViolation } from '@entrepot/contracts';
import { OciError } from '@entrepot/oci';
import { type ErrorFamily, familyOf, messageOf } from '@entrepot/platform-observability';
import { MessageTooLarge, PeerFailure, PeerRefusal, PeerUnavailable } from './bus-errors.js';

/** An error as it travels in a reply. Stacks, causes and the words of bugs stay where they were thrown. */
export interface WireError {
  name?: string;
  family: ErrorFamily;
  code: string;
  status: number;
  message: string;
  detail?: unknown;
  headers?: Record<string, string>;
}

/** The shape of an error reply: what a handler's `RpcException` holds and what arrives as Nest's `err`. */
export interface WireErrorEnvelope {
  error: WireError;
}

const DEFAULT_STATUS: Record<ErrorFamily, number> = { caller: 400, environment: 503, bug: 500 };

/** Turns anything thrown by a handler into its wire form. */
export function toWireError(thrown: unknown): WireError {
  const family = familyOf(thrown);
  if (thrown instanceof OciError) return { ...thrown.toJSON(), family };
  if (thrown instanceof ContractViolation) {
    const detail = { contract: thrown.contract, issues: thrown.issues };
    return {
      name: thrown.name,
      family: 'bug',
      code: 'CONTRACT_VIOLATION',
      status: 500,
      message: thrown.message,
      detail,
    };
  }
  // Our own mistakes may quote anything, a secret too.
  if (family === 'bug') return { family, code: 'INTERNAL', status: 500, message: 'internal error' };
  const { code, status, detail, headers, retryAfterSeconds } = thrown as Partial<WireError> & {
    retryAfterSeconds?: number;
  };
  return {
    family,
    code: typeof code === 'string' ? code : family === 'caller' ? 'INVALID' : 'UNAVAILABLE',
    status: statusWithin(status) ?? DEFAULT_STATUS[family],
    message: family === 'caller' ? messageOf(thrown) : 'something this service depends on is not available',
    ...(family === 'caller' && detail !== undefined ? { detail } : {}),
    ...(headers ? { headers } : retryAfterSeconds ? { headers: { 'retry-after': String(retryAfterSeconds) } } : {}),
  };
}

/** The error to throw on the asking side. `subject` names the question in messages that are ours. */
export function fromWireError(subject: string, thrown: unknown): Error {
  const wire = envelopeOf(thrown);
  if (wire === undefined) return new PeerFailure(`${subject}: the peer failed`, { cause: thrown });
  if (wire.name === 'OciError') return OciError.fromJSON(wire);
  if (wire.code === 'CONTRACT_VIOLATION') {
    const { contract, issues } = (wire.detail ?? {}) as { contract?: unknown; issues?: unknown };
    return new ContractViolation(
      String(contract ?? subject),
      Array.isArray(issues) ? issues.map(String) : [wire.message],
    );
  }
  if (wire.code === 'MESSAGE_TOO_LARGE') return new MessageTooLarge(wire.message);
  if (wire.family === 'environment') {
    return new PeerUnavailable(
      wire.code,
      `${subject}: ${wire.message}`,
      Number(wire.headers?.['retry-after'] ?? 1) || 1,
    );
  }
  if (wire.family === 'caller') return new PeerRefusal(wire.code, statusWithin(wire.status) ?? 400, wire.message, wire);
  return new PeerFailure(`${subject}: ${wire.message}`, { cause: thrown });
}

/** The family in an error reply; anything that is no error reply is a bug. */
export function wireFamilyOf(thrown: unknown): ErrorFamily {
  return envelopeOf(thrown)?.family ?? 'bug';
}

function envelopeOf(thrown: unknown): WireError | undefined {
  const error = (thrown as Partial<WireErrorEnvelope> | null | undefined)?.error;
  if (typeof error !== 'object' || typeof error?.code !== 'string' || typeof error.message !== 'string')
    return undefined;
  return error;
}

function statusWithin(status: unknown): number | undefined {
  return Number.isInteger(status) && (status as number) >= 400 && (status as number) <= 599
    ? (status as number)
    : undefined;
}
