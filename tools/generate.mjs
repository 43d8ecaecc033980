// Writes what is generated from the code: docs/asyncapi/entrepot.json, docs/openapi/entrepot.json, the reference in docs/events.md, the
// settings in docs/operations.md, their names for every service, and deploy/nats/nats.conf. On a clean tree it changes nothing, which CI
// proves. Needs a build (`npm run build`).
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { natsConf } from './generate/nats-conf.mjs';
import { serviceSettings } from './generate/service-settings.mjs';
import { settingNames } from './generate/setting-names.mjs';
import { node26 } from './node26.mjs';

const root = join(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const { asyncApiDocument, eventsReference } = await import('../libs/contracts/dist/index.js');
const { accountSubscriber, SERVICE_USERS } = await import('../libs/platform/service/dist/index.js');
const DEFAULT_ACCOUNT = '000000000001';

write('libs/platform/service/src/setting-names.ts', settingNames());
write('docs/asyncapi/entrepot.json', JSON.stringify(asyncApiDocument(version), null, 2) + '\n');
write('docs/openapi/entrepot.json', printed('apps/standalone/dist/openapi.js'));
write('deploy/nats/nats.conf', natsConf([...SERVICE_USERS, accountSubscriber(DEFAULT_ACCOUNT)]));

const page = readFileSync(join(root, 'docs/events.md'), 'utf8');
const [before] = page.split('<!-- generated:');
await writeMarkdown('docs/events.md', `${before}<!-- generated: npm run generate -->\n\n${eventsReference()}\n`);

let operations = readFileSync(join(root, 'docs/operations.md'), 'utf8');
operations = between(operations, 'settings', printed('apps/standalone/dist/main.js', '--help'));
operations = between(operations, 'service settings', await serviceSettings());
await writeMarkdown('docs/operations.md', operations);

/** What one of the suite's programs prints. */
function printed(...args) {
  return execFileSync(node26(), args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

/** The page with `text` as a block between the two marks of that name. */
function between(page, name, text) {
  const [begin, end] = [`<!-- begin ${name}: npm run generate -->`, `<!-- end ${name} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/operations.md has no place for the ${name}`);
  return `${page.slice(0, from + begin.length)}\n\n\`\`\`text\n${text.replace(/^\n+|\s+$/g, '')}\n\`\`\`\n\n${page.slice(to)}`;
}

async function writeMarkdown(path, text) {
  write(path, await format(text, { ...(await resolveConfig(join(root, path))), parser: 'markdown' }));
}

function write(path, text) {
  const file = join(root, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
  console.log(`wrote ${path}`);
}
