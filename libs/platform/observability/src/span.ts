import { SpanStatusCode, trace, type Attributes, type Span } from '@opentelemetry/api';

/**
 * Runs a function inside a trace span; what it throws is noted on the span and thrown on. Without an OpenTelemetry SDK in the process
 * the span is the API's no-op and costs about a function call.
 */
export function withSpan<T>(name: string, fn: (span: Span) => T, attributes: Attributes = {}): T {
  return trace.getTracer('entrepot').startActiveSpan(name, { attributes }, (span) => {
    let result: T;
    try {
      result = fn(span);
    } catch (error) {
      throw failed(span, error);
    }
    if (result instanceof Promise) return endWith(span, result) as T;
    span.end();
    return result;
  });
}

async function endWith<T>(span: Span, pending: Promise<T>): Promise<T> {
  try {
    const value = await pending;
    span.end();
    return value;
  } catch (error) {
    throw failed(span, error);
  }
}

function failed(span: Span, error: unknown): unknown {
  if (error instanceof Error) span.recordException(error);
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
  return error;
}
