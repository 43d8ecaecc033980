/** Facts of one request that conditions may ask for. Evaluated afresh each time, never cached with the compiled policies. */
export interface RequestContext {
  /** The client's true address, v4, v6 or IPv4-mapped; null when it is not known. Proxies' headers are the caller's business. */
  readonly sourceIp: string | null;
  readonly now: Date;
  readonly principal: {
    readonly id: string;
    readonly name: string;
    readonly tags?: Readonly<Record<string, string>>;
  };
  /** Whether the client's connection was TLS. Absent: not known, so the key `scr:SecureTransport` is missing. */
  readonly secureTransport?: boolean;
}
