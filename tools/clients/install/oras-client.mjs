// Installs the ORAS Python client in a virtual environment of its own.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { attempt, run } from '../command.mjs';
import { orasClient } from '../pins.mjs';
import { cached } from './cache.mjs';

const REQUIREMENTS = fileURLToPath(new URL('../oras-requirements.txt', import.meta.url));

/** Installs the ORAS client and answers the path of the Python that imports it. Throws a sentence that says what is missing. */
export async function installOrasClient(progress) {
  const python = (folder) => join(folder, 'bin', 'python3');
  const version = `import importlib.metadata as m, oras.client; assert m.version("oras") == "${orasClient.version}"`;
  const check = (folder) => run(python(folder), ['-c', version], { seconds: 30 });
  const folder = await cached(`oras-${orasClient.version}`, (draft) => fill(draft, python(draft), progress), check);
  return python(folder);
}

async function fill(draft, python, progress) {
  if ((await attempt('python3', ['--version'], {})).code !== 0)
    throw new Error('the ORAS client is a Python library and there is no python3 here: install Python 3.');
  progress('making a virtual environment');
  await run('nice', ['python3', '-m', 'venv', draft], { seconds: 120 });
  const pip = ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', '--no-compile', '-r', REQUIREMENTS];
  await run('nice', [python, ...pip], { seconds: 300 });
}
