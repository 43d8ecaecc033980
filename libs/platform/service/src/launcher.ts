/** Tells the process that forked this one that it serves, and ends as on SIGTERM when that process is gone. Does nothing without one. */
export function tellLauncher(port: number): void {
  if (!process.send) return;
  process.send({ port });
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  // Listening must not keep a process alive that has nothing else to do.
  process.channel?.unref();
}
