// Removes a temporary folder, also where programs that ran as root have left files in it.
import { attempt } from './command.mjs';
import { asRoot } from './world/as-root.mjs';

/** Removes `folder` with all that is in it. */
export async function removeTree(folder) {
  const { code } = await attempt('rm', ['-rf', '--', folder], { seconds: 120 });
  if (code !== 0) await attempt(...asRoot('rm', ['-rf', '--', folder], process.env), { seconds: 120 });
}
