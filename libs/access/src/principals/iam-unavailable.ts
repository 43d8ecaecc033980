import { OciError } from '@entrepot/oci';

/** 503: whether the caller may can't be told now. */
export function iamUnavailable(cause: unknown): OciError {
  return new OciError('UNAVAILABLE', 'Who you are cannot be checked right now: try again in a moment.', {
    cause,
    headers: { 'retry-after': '1' },
  });
}

/** Refusals of the issuer pass through; whatever else went wrong means that it can't be heard. */
export async function heardFromIam<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof OciError && error.status < 500) throw error;
    throw iamUnavailable(error);
  }
}
