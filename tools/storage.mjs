// npm run storage: moves blobs to other storage while the suite serves; without words it says what it can.
import { runOperatorCommand } from './operator-command.mjs';

await runOperatorCommand('storage');
