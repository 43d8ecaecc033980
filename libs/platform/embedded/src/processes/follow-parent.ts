/**
 * Ends this process as SIGTERM does when the process that started it, with an IPC channel, is gone: a launcher that was killed with
 * `kill -9` leaves nobody behind. Does nothing without such a channel.
 */
export function followParent(): void {
  if (!process.channel) return;
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  // Listening must not keep a process alive that has nothing else to do.
  process.channel.unref();
}
