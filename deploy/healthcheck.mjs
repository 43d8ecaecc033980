// Whether this container's service is ready: GET /readyz on its own port. Ends with 0 or 1.
import { request as http } from 'node:http';
import { request as https } from 'node:https';

const { ENTREPOT_HTTP_PORT: port, ENTREPOT_TLS_CERT_FILE: certificate } = process.env;
// The certificate names the installation, not this loopback address, and nothing secret is sent.
const options = { host: '127.0.0.1', port, path: '/readyz', timeout: 4_000, rejectUnauthorized: false };
const request = (certificate ? https : http)(options, (response) => {
  response.pipe(process.stdout);
  response.once('end', () => process.exit(response.statusCode === 200 ? 0 : 1));
});
request.once('timeout', () => request.destroy(new Error('no answer')));
request.once('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
request.end();
