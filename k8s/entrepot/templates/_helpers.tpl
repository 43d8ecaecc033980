{{/* Labels of one service; give it (dict "root" $ "service" "catalog"). */}}
{{- define "entrepot.selector" -}}
app.kubernetes.io/name: {{ .service }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{- define "entrepot.labels" -}}
{{ include "entrepot.selector" . }}
app.kubernetes.io/part-of: entrepot
app.kubernetes.io/version: {{ .root.Values.image.tag | default .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- define "entrepot.fullname" -}}
{{ .root.Release.Name | trunc 40 | trimSuffix "-" }}-{{ .service }}
{{- end }}

{{- define "entrepot.claim" -}}
{{ .Values.blobs.existingClaim | default (printf "%s-blobs" (.Release.Name | trunc 40 | trimSuffix "-")) }}
{{- end }}

{{/* What must be told, each with the sentence that says what to write. */}}
{{- define "entrepot.check" -}}
{{- $_ := required "image.repository is needed: the repository of the images that deploy/Dockerfile builds, for example registry.example.com/entrepot." .Values.image.repository }}
{{- $_ := required "publicUrl is needed: the address under which clients reach the registry, for example https://registry.example.com." .Values.publicUrl }}
{{- $_ := required "nats.url is needed: the address of NATS, for example tls://nats.nats:4222." .Values.nats.url }}
{{- $_ := required "nats.secret is needed: the name of a secret that holds each service's NATS password under the service's name." .Values.nats.secret }}
{{- $_ := required "database.secret is needed: the name of a secret that holds each service's Postgres URL under the service's name." .Values.database.secret }}
{{- $_ := required "iam.secret is needed: the name of a secret with the keys pepper, root-access-key and root-secret-key." .Values.iam.secret }}
{{- if not (has .Values.storage.kind (list "directory" "s3")) }}
{{- fail "storage.kind is directory or s3." }}
{{- end }}
{{- if eq .Values.storage.kind "s3" }}
{{- $_ := required "storage.s3.endpoint is needed: the address of the S3 API, for example https://s3.eu-central-1.amazonaws.com." .Values.storage.s3.endpoint }}
{{- $_ := required "storage.s3.secret is needed: the name of a secret with the keys access-key and secret-key." .Values.storage.s3.secret }}
{{- if eq (empty .Values.storage.s3.bucket) (empty .Values.storage.s3.bucketPrefix) }}
{{- fail "storage.s3.bucket or storage.s3.bucketPrefix is needed, and not both." }}
{{- end }}
{{- if and (ne .Values.encryption.default "off") (not .Values.encryption.masterKeySecret) (not .Values.encryption.vault.address) }}
{{- fail "encryption.masterKeySecret or encryption.vault.address is needed: registries on s3 are encrypted unless encryption.default is off." }}
{{- end }}
{{- end }}
{{- if and .Values.encryption.vault.address (not .Values.encryption.vault.tokenSecret) }}
{{- fail "encryption.vault.tokenSecret is needed: the name of a secret with the key token." }}
{{- end }}
{{- if not (or .Values.trustedProxies .Values.gateway.tlsSecret) }}
{{- fail "trustedProxies is needed: the networks of the proxies that end TLS, or gateway.tlsSecret for HTTPS by the gateway itself: passwords must not travel in the clear." }}
{{- end }}
{{- if not (hasPrefix "https://" .Values.publicUrl) }}
{{- fail "publicUrl must begin with https://: clients send passwords to it." }}
{{- end }}
{{- end }}
