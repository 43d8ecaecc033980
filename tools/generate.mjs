// Writes what is generated from the code: docs/asyncapi/entrepot.json, docs/openapi/entrepot.json and the reference in docs/events.md.
// On a clean tree it changes nothing, which CI proves. Needs a build (`npm run build`).
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { node26 } from './node26.mjs';

const root = join(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const { asyncApiDocument, eventsReference } = await import('../libs/contracts/dist/index.js');

write('docs/asyncapi/entrepot.json', JSON.stringify(asyncApiDocument(version), null, 2) + '\n');

const openapi = execFileSync(node26(), ['apps/standalone/dist/openapi.js'], {
  cwd: root,
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
});
write('docs/openapi/entrepot.json', openapi);

const page = readFileSync(join(root, 'docs/events.md'), 'utf8');
const [before] = page.split('<!-- generated:');
const events = `${before}<!-- generated: npm run generate -->\n\n${eventsReference()}\n`;
write(
  'docs/events.md',
  await format(events, { ...(await resolveConfig(join(root, 'docs/events.md'))), parser: 'markdown' }),
);

function write(path, text) {
  const file = join(root, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
  console.log(`wrote ${path}`);
}
