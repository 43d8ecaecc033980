// Who may import whom, by the `type:` and `scope:` tags in each project's package.json (`nx.tags`). Both must agree.

/** What each type of project may import. */
const TYPES = {
  kernel: ['kernel'],
  policy: ['kernel', 'policy'],
  contracts: ['kernel', 'contracts'],
  port: ['kernel', 'port'],
  platform: ['kernel', 'contracts', 'platform'],
  // Who asks, and may they: the policies, joined to the platform's HTTP and bus.
  access: ['kernel', 'policy', 'contracts', 'platform', 'access'],
  // The keys of encrypted registries: adapters of the blob store's port, which ask the catalog over the bus.
  keys: ['kernel', 'contracts', 'port', 'platform', 'keys'],
  service: ['kernel', 'policy', 'contracts', 'port', 'platform', 'access', 'keys', 'service'],
  testing: ['kernel', 'policy', 'contracts', 'port', 'platform', 'access', 'keys', 'service', 'testing'],
  app: ['kernel', 'policy', 'contracts', 'port', 'platform', 'access', 'keys', 'service'],
};

/** Services never import each other: each sees itself and what is shared. */
const SERVICES = ['catalog', 'iam-authz', 'registry-gateway', 'scanner-orchestrator', 'retention', 'metrics'];

/** Frameworks stay out of what must stay pure. */
const BANNED = {
  kernel: ['@nestjs/*', 'typeorm', 'fastify', '@nats-io/*', 'class-validator', 'class-transformer', 'minio', 'pg'],
  policy: ['@nestjs/*', 'typeorm', 'fastify', '@nats-io/*', 'class-validator', 'class-transformer', 'minio', 'pg'],
  contracts: ['@nestjs/*', 'typeorm', 'fastify', '@nats-io/*', 'minio', 'pg'],
  port: ['@nestjs/*', 'typeorm', 'fastify', '@nats-io/*', 'pg'],
};

/** The `depConstraints` of @nx/enforce-module-boundaries. */
export function dependencyRules({ withTesting = false } = {}) {
  const types = Object.entries(TYPES).map(([type, allowed]) => ({
    sourceTag: `type:${type}`,
    onlyDependOnLibsWithTags: [...allowed, ...(withTesting ? ['testing'] : [])].map((name) => `type:${name}`),
    // Specs may drive what they test with a framework.
    ...(BANNED[type] && !withTesting ? { bannedExternalImports: BANNED[type] } : {}),
  }));
  const scopes = SERVICES.map((service) => ({
    sourceTag: `scope:${service}`,
    onlyDependOnLibsWithTags: [`scope:${service}`, 'scope:shared'],
  }));
  return [
    ...types,
    ...scopes,
    { sourceTag: 'scope:shared', onlyDependOnLibsWithTags: ['scope:shared'] },
    { sourceTag: 'scope:suite', onlyDependOnLibsWithTags: ['*'] },
  ];
}
