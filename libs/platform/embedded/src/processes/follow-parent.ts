/**
 * Ends this process at once when the process that started it, with an IPC channel, is gone: a launcher that was killed with `kill -9`
 * leaves nobody behind who would be in the way of the next start. What was acknowledged is kept, as it is when we are killed ourselves.
 * An orderly end is asked for by SIGTERM, and ends before its launcher does. Does nothing without such a channel.
 */
export function followParent(): void {
  if (!process.channel) return;
  process.once('disconnect', () => process.exit(1));
  // Listening must not keep a process alive that has nothing else to do.
  process.channel.unref();
}
