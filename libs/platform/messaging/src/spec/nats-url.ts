/** The server that `ENTREPOT_TEST_NATS_URL` names: NATS with JetStream and `max_payload: 8MB`. */
export function natsUrl(): string {
  const url = process.env['ENTREPOT_TEST_NATS_URL'];
  if (!url) throw new Error('ENTREPOT_TEST_NATS_URL names no NATS server');
  return url;
}

export function natsTarget(): { host: string; port: number } {
  const { hostname, port } = new URL(natsUrl());
  return { host: hostname, port: Number(port || 4222) };
}
