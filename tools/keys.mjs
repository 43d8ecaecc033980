// npm run keys: what an operator does with the keys of encrypted registries; without words it says what it can.
import { runOperatorCommand } from './operator-command.mjs';

await runOperatorCommand('keys');
