import { Controller, Get, Header, Inject, Req } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '@entrepot/access';
import { unauthorized } from '@entrepot/platform-http';
import { logErrorByFamily, METRICS_CONTENT_TYPE } from '@entrepot/platform-observability';
import type { FastifyRequest } from 'fastify';
import { MinuteCountStore } from '../minutes/minute-count.store.js';
import { METRICS_OPTIONS, type MetricsModuleOptions } from '../metrics-options.js';
import { mayScrape } from './may-scrape.js';
import { ProcessMetrics } from './process-metrics.js';
import { renderScrub } from './render-scrub.js';
import { renderTotals } from './render-totals.js';

/** The scrape of Prometheus, text format 0.0.4. */
@ApiExcludeController()
@Controller()
export class PrometheusController {
  constructor(
    @Inject(METRICS_OPTIONS) private readonly options: MetricsModuleOptions,
    private readonly store: MinuteCountStore,
    private readonly process: ProcessMetrics,
  ) {}

  /** 401 without the right to scrape. While the database is away the process is still shown, and `entrepot_totals_up` is 0. */
  @Get('metrics')
  @Public()
  @Header('content-type', METRICS_CONTENT_TYPE)
  async scrape(@Req() request: FastifyRequest): Promise<string> {
    const { config, metrics, logger } = this.options;
    if (!mayScrape(request, config.scrapeToken)) throw refused();
    this.process.measure();
    const scrub = await renderScrub(this.options.messages, logger);
    const up = metrics.gauge('entrepot_totals_up', 'Whether the totals by registry could be read.');
    try {
      const totals = renderTotals(await this.store.totals(config.maxRegistries));
      up.set(1);
      return metrics.render() + scrub + totals;
    } catch (error) {
      logErrorByFamily(logger, error, 'the totals could not be read');
      up.set(0);
      return metrics.render() + scrub;
    }
  }
}

function refused(): Error {
  return unauthorized(
    'A scrape carries ENTREPOT_METRICS_TOKEN as its bearer token, or comes from this machine if none is set.',
    {
      headers: { 'www-authenticate': 'Bearer realm="metrics"' },
    },
  );
}
