// Prints the events of one account, from the oldest kept, and goes on where it stopped: `node docs/examples/consume-events.mjs`
import { readFileSync } from 'node:fs';
import { connect } from '@nats-io/transport-node';
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';

const data = process.env.ENTREPOT_DATA_DIR ?? '.entrepot';
const account = process.env.ENTREPOT_ACCOUNT ?? '000000000001';
const user = `account-${account}`;
const port = readFileSync(`${data}/run/nats-port`, 'utf8').trim();
const pass = readFileSync(`${data}/secrets/nats-${user}`, 'utf8').trim();

const connection = await connect({ servers: `127.0.0.1:${port}`, user, pass, inboxPrefix: `_INBOX.${user}` });
const manager = await jetstreamManager(connection, { checkAPI: false });
const consumer = { durable_name: user, filter_subject: `events.${account}.>`, ack_policy: AckPolicy.Explicit };
await manager.consumers.add('ENTREPOT_EVENTS', consumer);
const messages = await (
  await jetstream(connection, { checkAPI: false }).consumers.get('ENTREPOT_EVENTS', user)
).consume();
for await (const message of messages) {
  const { id, type, time, data: fact } = message.json();
  console.log(time, type, id, JSON.stringify(fact));
  message.ack();
}
