/** What is counted. Registries per account, repositories per account, images per repository, tags per image, bytes per registry. */
export type QuotaKind = 'registries' | 'repositories' | 'images' | 'tags' | 'bytes';

/** One question to a quota. Numbers are counts, or bytes. */
export interface QuotaRequest {
  readonly kind: QuotaKind;
  readonly used: number;
  /** Null: no limit. */
  readonly limit: number | null;
  /** What the request would add. Zero or less (a delete) is never refused, however far over the limit. */
  readonly adding: number;
}

/** One sentence for the client, with the numbers. */
export interface QuotaRefusal {
  readonly rule: `quota:${QuotaKind}`;
  readonly message: string;
}

const SCOPE: Readonly<Record<QuotaKind, string>> = {
  registries: 'of the account',
  repositories: 'of the account',
  images: 'of the repository',
  tags: 'of the image',
  bytes: 'of the registry',
};

/** Whether a quota stands in the way: reaching the limit is allowed, going over it is not. Null: it does not refuse. */
export function quotaRefusal({ kind, used, limit, adding }: QuotaRequest): QuotaRefusal | null {
  if (limit === null || adding <= 0 || used + adding <= limit) return null;
  const message = `Quota exceeded: ${used} of ${limit} ${kind} ${SCOPE[kind]} are used, and this would add ${adding}. Delete some or raise the quota.`;
  return { rule: `quota:${kind}`, message };
}
