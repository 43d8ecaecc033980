import { type Environment, unknownNames, unknownVariables } from '@entrepot/platform-config';
import { SETTING_NAMES } from './setting-names.js';

const PREFIX = 'ENTREPOT_';
/** What begins like a setting and is read by a tool, by the tests or by a deployment's own files. */
const NOT_SETTINGS =
  /^ENTREPOT_(?:TEST_.*|BENCH_.*|CLIENT_.*|NATS_SERVER|POSTGRES_PROGRAMS|LISTEN|SECRETS_DIR|NATS_.+_PASSWORD)$/;

/** Prints one line for each variable that begins like a setting and is none of any service: services of one suite often share an environment. */
export function warnOfUnknownSettings(
  env: Environment = process.env,
  print: (line: string) => void = (line) => process.stderr.write(`${line}\n`),
): void {
  for (const line of unknownVariables(PREFIX, SETTING_NAMES, withoutOthers(env))) print(line);
}

/** Names of the variables that begin like a setting and that nobody reads. */
export function unknownSettings(env: Environment): string[] {
  return unknownNames(PREFIX, SETTING_NAMES, withoutOthers(env));
}

function withoutOthers(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !NOT_SETTINGS.test(name)));
}
