/** The environment does not make a configuration. `problems` has one sentence for each thing to mend, all of them at once. */
export class ConfigInvalid extends Error {
  override readonly name = 'ConfigInvalid';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** Where problems are printed and how the process ends; replaced in tests. */
export interface ExitPort {
  print: (line: string) => void;
  exit: (code: number) => never;
}

const processPort: ExitPort = {
  print: (line) => process.stderr.write(`${line}\n`),
  exit: (code) => process.exit(code),
};

/**
 * Runs what loads the configuration. If it throws {@link ConfigInvalid}, prints its problems to stderr, one per line, and ends the
 * process with 1; any other error is the caller's.
 */
export function exitOnInvalid<T>(load: () => T, port: ExitPort = processPort): T {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof ConfigInvalid)) throw error;
    for (const problem of error.problems) port.print(problem);
    return port.exit(1);
  }
}
