// cosign with a local key, without a transparency log: signatures as bundles among the referrers (what cosign 3 makes by
// default), signatures under a tag (what clusters still verify), attestations, attached signatures, and clean.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { refused, run } from '../command.mjs';
import { clientHome } from '../world/client-home.mjs';
import { readLayoutBlob, writeLayout } from '../world/synthetic-image.mjs';
import { NO_RIGHT, WRONG_SECRET } from './refusals.mjs';

const HTTP = '--allow-http-registry';
const OFFLINE = ['--use-signing-config=false', '--tlog-upload=false', '--yes'];
const UNDER_TAG = '--new-bundle-format=false';
const PREDICATE = 'https://cosign.sigstore.dev/attestation/v1';
const PASSPHRASE = 'of a key that lives for one test';

export const cosign = {
  name: 'cosign',
  async start(world, { program }, folder) {
    const layout = writeLayout(join(folder, 'layout'), { seed: `cosign/${world.composition}` });
    const command = (who) => cosignCommand(program, clientHome(join(folder, who)), folder);
    const image = `${world.closed}/cosign`;
    for (const target of [image, `${world.open}/cosign`]) await world.http.pushLayout(target, layout);
    await command('owner').run(['generate-key-pair']);
    return { layout, folder, image, command, stop: async () => {} };
  },
  behaviours: [
    ['is refused after a login with a wrong secret', wrongLogin],
    ['logs in with an access key', login],
    ['refuses to verify an image without a signature', verifyUnsigned],
    ['signs an image, and the bundle is a referrer', sign],
    ['verifies the bundle', verify],
    ['refuses to verify with another key', verifyOtherKey],
    ['signs under a tag, as older clusters expect', signUnderTag],
    ['verifies the signature under the tag', verifyUnderTag],
    ['attests, and the attestation is a referrer', attest],
    ['verifies the attestation', verifyAttestation],
    ['attaches a signature that was made apart from the registry', attach],
    ['shows the tree of what belongs to an image', tree],
    ['saves the image with its signatures and finds the same bytes', save],
    ['verifies public content without a login', anonymousVerify],
    ['refuses to verify private content without a login', anonymousRefused],
    ['refuses the signature of a key that may only pull', refusedSign],
    ['cleans all signatures and attestations away', clean],
  ],
};

function cosignCommand(program, env, cwd) {
  const options = (more) => ({ env: { ...env, COSIGN_PASSWORD: PASSPHRASE }, cwd, ...more });
  return {
    run: (args, more) => run(program, args, options(more)),
    refused: (args, because, more) => refused(program, args, because, options(more)),
  };
}

const target = (world, { layout, image }) => `${world.host}/${image}@${layout.digest}`;
const signature = ({ layout }) => `${layout.digest.replace(':', '-')}.sig`;

async function wrongLogin(world, session) {
  await logIn(world, session, 'wrong');
  await session.command('wrong').refused(['tree', HTTP, target(world, session)], WRONG_SECRET);
}

async function login(world, session) {
  for (const who of ['owner', 'reader']) await logIn(world, session, who);
}

/** Writes the secret down for the client; the registry sees it with the next command. */
async function logIn(world, { command }, who) {
  const { user, secret } = world[who];
  const args = ['login', world.host, '--username', user, '--password-stdin'];
  await command(who).run(args, { input: secret, hide: [secret] });
}

const verifyArguments = (reference, key = 'cosign.pub') => [
  'verify',
  '--key',
  key,
  '--insecure-ignore-tlog',
  HTTP,
  reference,
];

async function verifyUnsigned(world, session) {
  const because = /no signatures found/i;
  await session.command('reader').refused(verifyArguments(target(world, session)), because);
}

const signArguments = (reference) => ['sign', '--key', 'cosign.key', ...OFFLINE, HTTP, reference];

async function sign(world, session) {
  await session.command('owner').run(signArguments(target(world, session)));
  const referrers = await world.http.referrers(session.image, session.layout.digest);
  assert.equal(referrers.length, 1);
  assert.match(referrers[0].artifactType, /^application\/vnd\.dev\.sigstore\.bundle/);
}

async function verify(world, session) {
  const { stdout } = await session.command('reader').run(verifyArguments(target(world, session)));
  assertVerified(stdout, session);
}

function assertVerified(stdout, { layout }) {
  const digests = JSON.parse(stdout).map(({ critical }) => critical.image['docker-manifest-digest']);
  assert.ok(digests.length > 0);
  for (const digest of digests) assert.equal(digest, layout.digest);
}

async function verifyOtherKey(world, session) {
  const other = session.command('other');
  await other.run(['generate-key-pair', '--output-key-prefix', 'other']);
  const because = /invalid signature|no matching signatures|could not verify|failed to verify/i;
  await session.command('reader').refused(verifyArguments(target(world, session), 'other.pub'), because);
}

async function signUnderTag(world, session) {
  await session.command('owner').run([...signArguments(target(world, session)), UNDER_TAG]);
  assert.ok((await world.http.tags(session.image)).includes(signature(session)));
}

async function verifyUnderTag(world, session) {
  const args = [...verifyArguments(target(world, session)), UNDER_TAG];
  assertVerified((await session.command('reader').run(args)).stdout, session);
}

async function attest(world, session) {
  writeFileSync(join(session.folder, 'predicate.json'), JSON.stringify({ berth: 3 }));
  const predicate = ['--predicate', 'predicate.json', '--type', 'custom'];
  const args = ['attest', '--key', 'cosign.key', ...OFFLINE, ...predicate, HTTP, target(world, session)];
  await session.command('owner').run(args);
  const referrers = await world.http.referrers(session.image, session.layout.digest);
  const predicates = referrers.map((each) => each.annotations?.['dev.sigstore.bundle.predicateType']);
  assert.ok(predicates.includes(PREDICATE), JSON.stringify(referrers));
}

async function verifyAttestation(world, session) {
  const key = ['--key', 'cosign.pub', '--insecure-ignore-tlog'];
  const args = ['verify-attestation', ...key, '--type', 'custom', HTTP, target(world, session)];
  const { stdout } = await session.command('reader').run(args);
  const statement = JSON.parse(Buffer.from(JSON.parse(stdout).payload, 'base64').toString());
  assert.equal(`sha256:${statement.subject[0].digest.sha256}`, session.layout.digest);
}

async function attach(world, session) {
  const { command, folder, layout } = session;
  const image = `${world.host}/${session.image}`;
  const identity = { 'docker-reference': image };
  const critical = {
    identity,
    image: { 'docker-manifest-digest': layout.digest },
    type: 'cosign container image signature',
  };
  writeFileSync(join(folder, 'payload.json'), JSON.stringify({ critical, optional: { berth: '7' } }));
  const files = ['--output-signature', 'payload.sig', 'payload.json'];
  await command('owner').run(['sign-blob', '--key', 'cosign.key', ...OFFLINE, UNDER_TAG, ...files]);
  const made = ['--payload', 'payload.json', '--signature', 'payload.sig'];
  await command('owner').run(['attach', 'signature', ...made, HTTP, target(world, session)]);
  const args = [...verifyArguments(target(world, session)), UNDER_TAG];
  const { stdout } = await command('reader').run(args);
  assertVerified(stdout, session);
  assert.ok(
    JSON.parse(stdout).some(({ optional }) => optional?.berth === '7'),
    stdout,
  );
}

async function tree(world, session) {
  const { stdout } = await session.command('reader').run(['tree', HTTP, target(world, session)]);
  for (const part of [signature(session), 'sigstore.dev/cosign/sign', PREDICATE])
    assert.ok(stdout.includes(part), stdout);
}

async function save(world, session) {
  const { command, folder, layout } = session;
  await command('reader').run(['save', '--dir', 'saved', HTTP, target(world, session)]);
  const blob = (digest) => join(folder, 'saved', 'blobs', 'sha256', digest.slice(7));
  const { config, layers } = JSON.parse(readLayoutBlob(layout, layout.digest).toString());
  for (const { digest } of [layout, config, ...layers])
    assert.ok(readFileSync(blob(digest)).equals(readLayoutBlob(layout, digest)), `${digest} has other bytes`);
  for (const { digest } of await world.http.referrers(session.image, layout.digest))
    assert.ok(existsSync(blob(digest)), `the referrer ${digest} was not saved`);
}

async function anonymousVerify(world, session) {
  const open = { ...session, image: `${world.open}/cosign` };
  await session.command('owner').run(signArguments(target(world, open)));
  assertVerified((await session.command('nobody').run(verifyArguments(target(world, open)))).stdout, session);
}

async function anonymousRefused(world, session) {
  await session.command('nobody').refused(verifyArguments(target(world, session)), NO_RIGHT);
}

async function refusedSign(world, session) {
  const before = await world.http.referrers(session.image, session.layout.digest);
  await session.command('reader').refused(signArguments(target(world, session)), NO_RIGHT);
  assert.deepEqual(await world.http.referrers(session.image, session.layout.digest), before);
}

async function clean(world, session) {
  await session.command('owner').run(['clean', '--type', 'all', '--force', HTTP, target(world, session)]);
  assert.ok(!(await world.http.tags(session.image)).includes(signature(session)));
  assert.deepEqual(await world.http.referrers(session.image, session.layout.digest), []);
  assert.equal((await world.http.manifest(session.image, session.layout.digest)).status, 200);
}
