/** What is counted, and how it is shown. */
export interface MetricDefinition {
  /** For people. */
  title: string;
  unit: 'Count/Minute';
  /** The one statistic that means something for a count. */
  statistic: 'sum';
  /** Name of the total in Prometheus, and its help. */
  prometheus: string;
  help: string;
}

const metric = (title: string, prometheus: string, help: string): MetricDefinition => ({
  title,
  unit: 'Count/Minute',
  statistic: 'sum',
  prometheus: `entrepot_${prometheus}_total`,
  help,
});

/** Every metric that facts exist for. Counts of scans come with the scanner. */
export const METRICS = {
  'image.pull.count': metric('Image Pull Count [Allowed]', 'image_pulls', 'Manifests pulled.'),
  'image.denied_pull.count': metric('Image Pull Count [Denied]', 'image_pulls_denied', 'Refused pulls.'),
  'image.push.count': metric('Image Push Count [Allowed]', 'image_pushes', 'Manifests pushed.'),
  'image.denied_push.count': metric('Image Push Count [Denied]', 'image_pushes_denied', 'Refused pushes and deletes.'),
  'tag.deleted.count': metric('Image Tag Count [Deleted]', 'tags_deleted', 'Tags, and manifests without one, deleted.'),
  'image.created.count': metric('Image Count [Created]', 'images_created', 'Images created.'),
  'image.deleted.count': metric('Image Count [Deleted]', 'images_deleted', 'Images deleted.'),
  'login.count': metric('Registry Login Count [Allowed]', 'logins', 'Logins.'),
  'denied_login.count': metric(
    'Registry Login Count [Denied]',
    'logins_denied',
    'Refused logins of known access keys.',
  ),
  'repository.created.count': metric('Repository Count [Created]', 'repositories_created', 'Repositories created.'),
  'repository.deleted.count': metric('Repository Count [Deleted]', 'repositories_deleted', 'Repositories deleted.'),
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;

export const METRIC_NAMES = Object.keys(METRICS) as readonly MetricName[];

/** Stands for the registry of what concerns none, as in the subjects of facts. */
export const NO_REGISTRY = '_';
