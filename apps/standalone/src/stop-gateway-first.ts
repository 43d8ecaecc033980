interface Stoppable {
  stop(): Promise<void>;
}

/** Ends the services, which are given in the order of their starts: the gateway, started last, drains while the others still answer it; then they end together. */
export async function stopGatewayFirst(processes: readonly Stoppable[]): Promise<void> {
  const [gateway, ...others] = [...processes].reverse();
  await gateway?.stop();
  await Promise.all(others.map((process) => process.stop()));
}
