// Every client, in the order in which they run.
import { buildah } from './buildah.mjs';
import { cosign } from './cosign.mjs';
import { crane } from './crane.mjs';
import { docker } from './docker.mjs';
import { helm } from './helm.mjs';
import { kubelet } from './kubelet.mjs';
import { oras } from './oras.mjs';
import { podman } from './podman.mjs';
import { regctl } from './regctl.mjs';
import { skopeo } from './skopeo.mjs';

export const allClients = [docker, podman, buildah, skopeo, crane, regctl, helm, oras, cosign, kubelet];
