import { OciError } from '@entrepot/oci';
import { badRequest, conflict, notFound } from '@entrepot/platform-http';

/**
 * Runs a use case that the data plane has too, with its refusals in the words of the control plane: whoever gets here may do it, so a lock, a
 * quota or a parent that stands in the way is a conflict with the state of things.
 */
export async function asProblem<T>(useCase: Promise<T>): Promise<T> {
  try {
    return await useCase;
  } catch (error) {
    if (error instanceof OciError) throw problemOf(error);
    throw error;
  }
}

function problemOf(error: OciError): Error {
  const { code, message, status } = error;
  if (code === 'DENIED' || code === 'UNSUPPORTED') return conflict(message, { cause: error });
  if (status === 404) return notFound(message, { cause: error });
  return status === 400 ? badRequest(message, { cause: error }) : error;
}
