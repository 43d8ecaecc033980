/** npm runs us as its child; when it is killed, nobody could stop us by what they started: then `child` is asked to end. */
export function endWithNpm(child) {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 1_000).unref();
}
