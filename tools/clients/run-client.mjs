// Runs all behaviours of one client in one world.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Starts what `client` needs, runs its behaviours in order (each may use what the ones before it left), and stops it.
 * A client that is missing, does not start or does not stop has failed. What is started is on `stops` while it runs,
 * for an interrupted run.
 */
export async function runClient(client, world, installed, folder, tally, stops) {
  const title = (sentence) => `${world.composition} › ${client.name} › ${sentence}`;
  const missing = installed.missing.get(client.name);
  if (missing) return tally.fail(title('is installed'), missing);
  const home = join(folder, client.name);
  mkdirSync(home, { recursive: true });
  let session;
  const started = await tally.run(title('starts'), async () => {
    session = await client.start(world, installed.clients.get(client.name), home);
    stops.push(() => session.stop());
  });
  if (!started) return undefined;
  for (const [sentence, behaviour] of client.behaviours)
    await tally.run(title(sentence), () => behaviour(world, session));
  return tally.run(title('stops and leaves nothing running'), () => stops.pop()());
}
