// npm run bench: this suite beside other registries, see bench/README.md.
import { main } from '../bench/src/main.mjs';
import { giveUp } from './progress.mjs';

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  giveUp(error.message);
}
