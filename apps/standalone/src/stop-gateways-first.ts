interface Stoppable {
  stop(): Promise<void>;
}

/** Ends the gateways first, which drain while the other services still answer them; then those end together. */
export async function stopGatewaysFirst(gateways: readonly Stoppable[], others: readonly Stoppable[]): Promise<void> {
  await Promise.all(gateways.map((gateway) => gateway.stop()));
  await Promise.all(others.map((process) => process.stop()));
}
