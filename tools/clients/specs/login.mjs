// What all clients that check a login have in common: the secret goes in by standard input, and is never shown.
import { WRONG_SECRET } from './refusals.mjs';

/**
 * The two behaviours "refuses a wrong secret" and "logs in", for clients whose login asks the registry.
 * @param {string} client as it is shown
 * @param {(world: object, user: string) => string[]} login the client's arguments
 */
export const loginBehaviours = (client, login) => [
  [`refuses ${client} login with a wrong secret`, (world, { command }) => logInWrong(world, command, login)],
  ['logs in with an access key', (world, { command }) => logInAll(world, command, login)],
];

/** Logs in the owner and the reader. */
export async function logInAll(world, command, login) {
  for (const who of ['owner', 'reader']) {
    const { user, secret } = world[who];
    await command(who).run(login(world, user), { input: secret, hide: [secret] });
  }
}

async function logInWrong(world, command, login) {
  const { user, secret } = world.wrong;
  await command('wrong').refused(login(world, user), WRONG_SECRET, { input: secret, hide: [secret] });
}

/** The login arguments of docker and of all that imitate it. */
export const dockerLogin = (world, user) => ['login', '--username', user, '--password-stdin', world.host];
