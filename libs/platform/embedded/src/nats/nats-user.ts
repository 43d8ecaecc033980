/** Subjects allowed and forbidden, wildcards as NATS has them. What is not allowed is refused; an empty list allows nothing. */
export interface SubjectRule {
  readonly allow: readonly string[];
  readonly deny?: readonly string[];
}

/** Someone who may log in to the bus. */
export interface NatsUser {
  /** As in `catalog`; its password is the secret `nats-<name>`. */
  readonly name: string;
  readonly publish: SubjectRule;
  readonly subscribe: SubjectRule;
  /** May publish to the reply subject of a request that it received, once. For those who answer requests. */
  readonly allowResponses?: boolean;
}
