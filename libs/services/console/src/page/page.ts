import { SCRIPT } from './script.js';
import { STYLE } from './style.js';

export interface PageContent {
  /** Host and port of the installation; null when the browser should fill in its own. */
  host: string | null;
  /** Whether that host is reached over plain HTTP, which helm must be told; null when the browser should find out. */
  plainHttp: boolean | null;
  /** Path of the OpenAPI document, where this process serves it. */
  apiPath: string | null;
}

/** Shown until the script has filled in the address, or where there is no script. */
const PLACEHOLDER = 'REGISTRY-HOST';

/** The whole page; it needs nothing but itself. */
export function renderPage({ host, plainHttp, apiPath }: PageContent): string {
  const address = `<span data-host="${escape(host ?? '')}">${escape(host ?? PLACEHOLDER)}</span>`;
  const flag = ' --plain-http';
  const plain = plainHttp === null ? `<span data-plain-http hidden>${flag}</span>` : plainHttp ? flag : '';
  const api = apiPath === null ? '' : `<li><a href="${escape(apiPath)}">The API's description (OpenAPI)</a></li>`;
  const noScript = `<noscript><p>Write the host of this page's address where it says <code>${PLACEHOLDER}</code>.</p></noscript>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Entrepot container registry</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Entrepot</h1>
<p>This is a container registry: it stores container images, Helm charts and other OCI artifacts, and hands them out to those who may
have them. This page is all there is to look at for now: registries, repositories, access keys and policies are managed through the API.</p>
${host === null ? noScript : ''}
<h2>Log in</h2>
<p>Your user name is the id of an access key, your password is its secret. The first start of an installation makes a root key and
prints where it is kept.</p>
<pre tabindex="0" aria-label="Log in with docker"><code>docker login ${address}</code></pre>
<p id="plain" hidden>This page came over plain HTTP. Docker logs in over HTTPS only, unless the host is this machine: ask whoever runs this
installation for its HTTPS address.</p>

<h2>Push and pull an image</h2>
<p>An image is addressed as <code>registry/repository/image:tag</code>. A new installation has the registry <code>demo</code> with the
repositories <code>apps</code> and <code>charts</code>.</p>
<pre tabindex="0" aria-label="Push and pull an image with docker"><code>docker tag hello-world ${address}/demo/apps/hello:1.0
docker push ${address}/demo/apps/hello:1.0
docker pull ${address}/demo/apps/hello:1.0</code></pre>

<h2>Push a Helm chart</h2>
<pre tabindex="0" aria-label="Push a chart with helm"><code>helm registry login ${address}${plain}
helm push mychart-0.1.0.tgz oci://${address}/demo/charts${plain}</code></pre>

<h2>More</h2>
<ul>
<li><a href="/readyz">Whether everything this process needs is there</a></li>
${api}
</ul>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function escape(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}
