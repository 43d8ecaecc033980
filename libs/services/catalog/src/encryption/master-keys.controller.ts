import { Controller, Get, HttpCode, Post, UseGuards } from '@nestjs/common';
import { ApiConflictResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, type KeyPrincipal, ownAccount, Requires } from '@entrepot/access';
import { MasterKeysUnavailable } from '@entrepot/key-management';
import { forbidden } from '@entrepot/platform-http';
import { ACTIONS } from '@entrepot/policy';
import { CatalogPorts } from '../catalog-ports.js';
import { ReadOnlyGuard } from '../read-only.guard.js';
import { KeyCheckDto, MasterKeysDto, RewrapDto } from './encryption.dto.js';
import { KeyWatches } from './key-watches.js';
import { noMasterKey, RegistryEncryption } from './registry-encryption.js';
import { masterKeyUses } from './registry-key.store.js';
import { rewrapKeys } from './rewrap-keys.js';

const MAX_USES = 100;
/** Shorter than what a request through the bus may take; the answer says how much is left. */
const REWRAP_MS = 2_000;

/** The installation's master keys: the business of its operator, who is of the default account. */
@ApiTags('encryption')
@UseGuards(ReadOnlyGuard)
@Controller('api/v1/master-keys')
export class MasterKeysController {
  constructor(
    private readonly ports: CatalogPorts,
    private readonly encryption: RegistryEncryption,
    private readonly watches: KeyWatches,
  ) {}

  @Get()
  @Requires(ACTIONS.ShowMasterKeys, ownAccount)
  @ApiOperation({ summary: 'Show which master keys wrap the keys of encrypted registries, and whether they open them' })
  @ApiOkResponse({ type: MasterKeysDto })
  async show(@CurrentPrincipal() principal: KeyPrincipal): Promise<MasterKeysDto> {
    this.#requireOperator(principal);
    const inUse = await masterKeyUses(this.ports.database, MAX_USES);
    const currentMasterKeyId = (await this.encryption.masterKeys?.currentId().catch(notNow)) ?? null;
    const { own, escrow } = this.watches;
    return {
      currentMasterKeyId,
      inUse,
      check: KeyCheckDto.of(own.state),
      escrow: escrow ? KeyCheckDto.of(escrow.state) : null,
    };
  }

  @Post('rewrap')
  @HttpCode(200)
  @Requires(ACTIONS.RotateMasterKey, ownAccount)
  @ApiOperation({ summary: 'Wrap registries’ keys by the current master key; ask again until nothing remains' })
  @ApiOkResponse({ type: RewrapDto })
  @ApiConflictResponse({ description: 'No master key is held.' })
  async rewrap(@CurrentPrincipal() principal: KeyPrincipal): Promise<RewrapDto> {
    this.#requireOperator(principal);
    const { masterKeys } = this.encryption;
    if (!masterKeys) throw noMasterKey();
    const { masterKeyId, rewrapped, remaining, closed } = await rewrapKeys(this.ports.database, masterKeys, {
      withinMs: REWRAP_MS,
    });
    return { masterKeyId, rewrapped, remaining, closed: [...closed] };
  }

  #requireOperator({ accountId }: KeyPrincipal): void {
    if (accountId !== this.ports.defaultAccountId) {
      throw forbidden('Master keys are the business of the installation’s operator, who is of the default account.');
    }
  }
}

/** The key service is away: the check says so, which is what is asked for then. */
function notNow(error: unknown): null {
  if (error instanceof MasterKeysUnavailable) return null;
  throw error;
}
