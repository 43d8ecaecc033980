import { relative } from 'node:path';

export interface Welcome {
  /** `http://127.0.0.1:5000`; of every gateway, the first one first. */
  readonly urls: readonly string[];
  readonly accessKey: string;
  readonly secretFile: string;
}

/** What is printed when the suite serves. The line that begins with `ready:` is for programs; the rest is to be pasted. */
export function welcomeText({ urls, accessKey, secretFile }: Welcome): string {
  const url = urls[0] ?? '';
  const host = new URL(url).host;
  const secret = relative(process.cwd(), secretFile);
  const plain = url.startsWith('http:') ? ' --plain-http' : '';
  return `
Entrepot is running. Paste, in this directory:

  docker login ${host} --username ${accessKey} --password-stdin < ${secret}
  docker tag hello-world ${host}/demo/apps/hello:1.0
  docker push ${host}/demo/apps/hello:1.0

  helm registry login ${host} --username ${accessKey} --password-stdin${plain} < ${secret}
  helm push chart-0.1.0.tgz oci://${host}/demo/charts${plain}

The page is at ${url}/, the management API at ${url}/api/v1. Stop with Ctrl-C.
${urls.length > 1 ? `\nEach of these gateways takes any request: ${urls.join(' ')}\n` : ''}
ready: ${url}
`;
}
