// npm run store: whose the blob store is; without words it says what it can.
import { runOperatorCommand } from './operator-command.mjs';

await runOperatorCommand('store');
