import type { KeyProblem, KeyVerdict } from './check-keys.js';

/** What a verdict says in one sentence; null when every key opens. */
export type Sentence = (verdict: Pick<KeyVerdict, 'problems' | 'unavailable'>) => string | null;

/** For the master keys of a running process. */
export const problemSentence: Sentence = ({ problems, unavailable }) => {
  if (problems.length > 0) {
    const closed = problems.map(problemPart).join('; ');
    return `Encrypted registries can't be opened: ${closed}. Give back the master key (ENTREPOT_MASTER_KEY_FILE, or the Vault of ENTREPOT_VAULT_ADDRESS); nothing was changed.`;
  }
  return unavailable === null ? null : `The keys of encrypted registries can't be checked: ${unavailable}.`;
};

/** For master keys that are held elsewhere. */
export const escrowSentence: Sentence = ({ problems, unavailable }) => {
  if (problems.length > 0) {
    const closed = problems.map(problemPart).join('; ');
    return `The escrow file does not open every registry key: ${closed}. Put today's master keys into escrow while they are still there.`;
  }
  return unavailable === null ? null : `The escrow file can't be checked: ${unavailable}.`;
};

function problemPart({ masterKeyId, kind, registries, why }: KeyProblem): string {
  const of = `${registries} ${registries === 1 ? 'registry' : 'registries'}`;
  if (kind === 'missing') {
    return `the master key ${masterKeyId} is missing, which wraps the keys of ${of}${why === undefined ? '' : ` (${why})`}`;
  }
  if (kind === 'wrong') return `the master key held as ${masterKeyId} is another one, and opens no key of ${of}`;
  return `the wrapped keys of ${of} are damaged, the master key ${masterKeyId} opens others`;
}
