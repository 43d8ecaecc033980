import { IsIn, IsInt, IsObject, IsString, Max, MaxLength, Min } from 'class-validator';
import { defineQuestion } from '../core/contract.js';
import { Nullable } from '../core/nullable.js';

/** A control-plane request that reached the gateway and belongs to another service. */
export class HttpExchangeRequest {
  @IsIn(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']) method!: string;
  /** Path with query. */
  @IsString() @MaxLength(8192) path!: string;
  @IsObject() headers!: Record<string, string>;
  /** At most 1 MiB, base64. */
  @IsString() @MaxLength(1_500_000) body!: string;
  /** As the gateway saw it, its trusted proxies considered. */
  @Nullable() @IsString() remoteAddress!: string | null;
}

export class HttpExchangeReply {
  @IsInt() @Min(100) @Max(599) status!: number;
  @IsObject() headers!: Record<string, string>;
  /** Base64. */
  @IsString() @MaxLength(8_000_000) body!: string;
}

const exchangeWith = (service: string, what: string) =>
  defineQuestion(`${service}.http.v1`, HttpExchangeRequest, HttpExchangeReply, {
    summary: `${what}: a control-plane request, carried over the bus because services reach each other by nothing else.`,
  });

export const catalogHttp = exchangeWith('catalog', 'Registries, repositories, images and tags');
export const iamHttp = exchangeWith('iam-authz', 'Tokens, access keys and policies');
export const scannerHttp = exchangeWith('scanner-orchestrator', 'Scans');
export const metricsHttp = exchangeWith('metrics', 'Per-minute series');
export const consoleHttp = exchangeWith('console', 'The page');
