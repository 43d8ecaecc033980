/** A message does not have the shape that its contract declares. `issues` says where, one sentence each; values are never repeated (they may be secret). */
export class ContractViolation extends Error {
  override readonly name = 'ContractViolation';

  constructor(
    readonly contract: string,
    readonly issues: readonly string[],
  ) {
    super(`${contract}: ${issues.join('; ')}`);
  }
}
