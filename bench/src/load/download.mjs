// Reads one large answer.
import { KeptConnection } from './kept-connection.mjs';

/** Resolves to the seconds from the request, on a connection of its own, to the last of exactly `size` bytes of the body. */
export async function download({ base, path, authorization, size }) {
  const start = performance.now();
  const connection = new KeptConnection(base);
  try {
    await connection.get({ path, authorization, size });
    return (performance.now() - start) / 1_000;
  } finally {
    connection.close();
  }
}
