import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, type KeyPrincipal, Requires, type ResourceOf } from '@entrepot/access';
import { notFound } from '@entrepot/platform-http';
import { ACTIONS, registrySrn } from '@entrepot/policy';
import { MetricsQuery, rangeOf } from './metrics.query.js';
import { RegistryMetrics, seriesOf } from './metrics.reply.js';
import { MinuteCountStore } from './minute-count.store.js';

// Registries belong to one account, and only its own keys are let in; counts are read by account and registry together.
const ownRegistry: ResourceOf = ({ params }, { accountId }) => {
  const { registryId } = params as { registryId: string };
  if (!/^[0-9a-f]{32}$/.test(registryId)) throw notFound('There is no such registry.');
  return registrySrn({ accountId, registryId });
};

/** The counts of one registry. */
@ApiTags('metrics')
@Controller('api/v1/registries/:registryId/metrics')
export class MetricsController {
  constructor(private readonly store: MinuteCountStore) {}

  /** A registry in which nothing happened, or that does not exist, has empty series. */
  @Get()
  @Requires(ACTIONS.ShowContainerRegistry, ownRegistry)
  @ApiOperation({ summary: 'Counts per minute. Minutes are kept for 90 days unless the installation says otherwise.' })
  @ApiOkResponse({ type: RegistryMetrics })
  async list(
    @Param('registryId') registryId: string,
    @Query() query: MetricsQuery,
    @CurrentPrincipal() { accountId }: KeyPrincipal,
  ): Promise<RegistryMetrics> {
    const { metrics, from, to } = rangeOf(query, new Date());
    const counts = await this.store.read({ accountId, registryId, metrics, from, to });
    return { registryId, from: from.toISOString(), to: to.toISOString(), series: seriesOf(metrics, counts) };
  }
}
