// npm run lint: ESLint over the repository, after building the project graph that the boundaries rule reads. Without that graph the rule
// prints a warning and skips itself, so the warning is a failure here, and deliberately bad files prove that the rules bite.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { node26 } from './node26.mjs';
import { giveUp, run, say } from './progress.mjs';
import { root } from './root.mjs';

const NO_GRAPH = /No cached ProjectGraph is available/i;
const env = { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' };

await buildGraph();
await lintFixtures();
lintRepository();

async function buildGraph() {
  say('building the project graph …');
  const nx = join(root, 'node_modules', 'nx', 'dist', 'bin', 'nx.js');
  const { code, output } = await run(process.execPath, [nx, 'show', 'projects', '--json'], { cwd: root, env });
  if (code !== 0) giveUp(`${output}\nNx can't build the project graph.`);
}

/** Lints each bad file as if it stood in the project that it names, and demands the report that it names. */
async function lintFixtures() {
  const folder = join(root, 'tools', 'lint-fixtures');
  const fixtures = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  for (const name of fixtures) {
    const text = readFileSync(join(folder, name), 'utf8');
    const [, place] = /^\/\/ place: (\S+)$/m.exec(text) ?? giveUp(`${name} names no place.`);
    const [, rule] = /^\/\/ breaks: (\S+)$/m.exec(text) ?? giveUp(`${name} names no rule.`);
    const { stdout, stderr } = eslint(['--stdin', '--stdin-filename', place, '--format', 'json'], { input: text });
    if (NO_GRAPH.test(stdout + stderr)) giveUp('The boundaries rule has no project graph and skips itself.');
    const reported = rulesIn(stdout, name, stderr);
    if (!reported.includes(rule))
      giveUp(`Lint is blind: ${name} must break ${rule}, and broke ${reported.join(', ') || 'nothing'}.`);
  }
  say(`${fixtures.length} deliberately bad files are refused`);
}

function rulesIn(stdout, name, stderr) {
  try {
    return JSON.parse(stdout).flatMap((file) => file.messages.map((message) => message.ruleId));
  } catch {
    return giveUp(`${stdout}${stderr}\nESLint can't read ${name}.`);
  }
}

function lintRepository() {
  say('linting …');
  // No cache of ESLint's: what a file may import depends on other files too.
  const { status, stdout, stderr } = eslint(['.', '--max-warnings=0']);
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  if (NO_GRAPH.test(stdout + stderr)) giveUp('The boundaries rule had no project graph and skipped itself.');
  if (status !== 0) process.exit(1);
  say('lint is clean');
}

function eslint(args, options = {}) {
  const program = join(root, 'node_modules', 'eslint', 'bin', 'eslint.js');
  // Bounded far above what even a repository full of errors prints.
  return spawnSync(node26(), [program, ...args], { cwd: root, env, encoding: 'utf8', maxBuffer: 64 << 20, ...options });
}
