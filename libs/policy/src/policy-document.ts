/** The only version of the policy language. */
export const POLICY_VERSION = '2024-07-01';

/** One statement, normalised: lists are lists, condition values are text, `Sid` is always there and unique in its document. */
export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: readonly string[];
  readonly NotAction?: readonly string[];
  readonly Resource?: readonly string[];
  readonly NotResource?: readonly string[];
  /** operator → key → values. */
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** An identity-based policy as it is stored. */
export interface PolicyDocument {
  readonly Version: typeof POLICY_VERSION;
  readonly Statement: readonly PolicyStatement[];
}

/** What a document may hold at most: with the compiler's linear matching these bound the cost of a decision. */
export const POLICY_LIMITS = Object.freeze({ bytes: 20 * 1024, statements: 100, valuesPerList: 100 });
