/** How much an account may have, by the installation's settings. */
export class CatalogQuotas {
  constructor(
    readonly registries: number,
    readonly repositories: number,
  ) {}
}
