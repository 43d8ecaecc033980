// The clients that the product is tested with, each at one version. Raise a version here and nowhere else.

/** Go programs: built from source by `go install <module>@<version>`. `seconds` is what a build takes on two cores. */
export const goClients = [
  { name: 'regctl', module: 'github.com/regclient/regclient/cmd/regctl', version: 'v0.11.7', seconds: 30 },
  { name: 'crane', module: 'github.com/google/go-containerregistry/cmd/crane', version: 'v0.22.1', seconds: 40 },
  { name: 'helm', module: 'helm.sh/helm/v3/cmd/helm', version: 'v3.22.0', seconds: 120 },
  { name: 'cosign', module: 'github.com/sigstore/cosign/v3/cmd/cosign', version: 'v3.1.3', seconds: 200 },
];

/**
 * Debian's own builds. A Debian release carries one upstream release of each and replaces the packaging when it mends a
 * hole, so the pin is the upstream release; `program` proves that the client runs.
 */
export const debianClients = [
  { name: 'docker', package: 'docker.io', upstream: '20.10', program: ['dockerd', '--version'] },
  { name: 'podman', package: 'podman', upstream: '4.3', program: ['podman', '--version'] },
  { name: 'buildah', package: 'buildah', upstream: '1.28', program: ['buildah', '--version'] },
  { name: 'skopeo', package: 'skopeo', upstream: '1.9', program: ['skopeo', '--version'] },
];

/** The ORAS Python client; what it needs itself is pinned in `oras-requirements.txt`. */
export const orasClient = { name: 'oras', version: '0.2.43', seconds: 15 };
