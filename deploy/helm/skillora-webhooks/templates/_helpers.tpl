{{- define "webhooks.labels" -}}
app.kubernetes.io/name: skillora-webhooks
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* What selects the pods of a service: dict root, name. */}}
{{- define "webhooks.selector" -}}
app.kubernetes.io/name: skillora-webhooks
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end }}

{{- define "webhooks.image" -}}
{{- with .Values.image }}
{{- if not .digest }}
{{- .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- else if regexMatch "^sha256:[0-9a-f]{64}$" .digest }}
{{- .repository }}@{{ .digest }}
{{- else }}
{{- fail "image.digest: must be sha256: and 64 hexadecimal digits" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "webhooks.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "webhooks.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* Settings of a service: dict root, settings, secrets (names of settings that are in the Secret). */}}
{{- define "webhooks.env" -}}
{{- $root := .root }}
- { name: KAFKA_BROKERS, value: {{ $root.Values.kafka.brokers | quote }} }
- { name: TOPIC_PARTITIONS, value: {{ $root.Values.kafka.partitions | quote }} }
- { name: TOPIC_REPLICATION_FACTOR, value: {{ $root.Values.kafka.replicationFactor | quote }} }
- { name: KAFKA_SSL, value: {{ $root.Values.kafka.ssl | quote }} }
- { name: KAFKA_SASL_MECHANISM, value: {{ $root.Values.kafka.saslMechanism | quote }} }
{{- with $root.Values.tracing }}
{{- if .endpoint }}
- { name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ .endpoint | quote }} }
- { name: OTEL_TRACES_SAMPLER, value: parentbased_traceidratio }
- { name: OTEL_TRACES_SAMPLER_ARG, value: {{ .ratio | quote }} }
{{- end }}
{{- end }}
{{- $secrets := .secrets }}
{{- if ne $root.Values.kafka.saslMechanism "none" }}
{{- $secrets = concat $secrets (list "KAFKA_SASL_USERNAME" "KAFKA_SASL_PASSWORD") }}
{{- end }}
{{- range $name, $value := merge (dict) .settings $root.Values.settings }}
- { name: {{ $name }}, value: {{ $value | quote }} }
{{- end }}
{{- range $secrets }}
- name: {{ . }}
  valueFrom: { secretKeyRef: { name: {{ $root.Values.existingSecret }}, key: {{ . }} } }
{{- end }}
{{- end }}

{{/*
The files that a service reads: dict root, name. JSON of {files: [{volume, source, items, variables: [{name, key}]}]}: each is
mounted at /etc/skillora/<volume>, out of a ConfigMap or a Secret, and its variables name the files in it.
*/}}
{{- define "webhooks.files" -}}
{{- $values := .root.Values }}
{{- $database := or (eq .name "endpoint-registry") (eq .name "migrate") }}
{{- $authorities := list (dict "setting" "kafka.ca" "volume" "kafka-ca" "variable" "KAFKA_SSL_CA" "from" $values.kafka.ca) }}
{{- if $database }}
{{- $authorities = append $authorities (dict "setting" "postgres.ca" "volume" "postgres-ca" "variable" "DATABASE_CA" "from" $values.postgres.ca) }}
{{- end }}
{{- if eq .name "dispatcher" }}
{{- $authorities = append $authorities (dict "setting" "targetCa" "volume" "target-ca" "variable" "TARGET_CA_FILE" "from" $values.targetCa) }}
{{- end }}
{{- $files := list }}
{{- range $authorities }}
{{- $from := .from }}
{{- if and $from.configMap $from.secret }}
{{- fail (printf "%s: name a configMap or a secret, not both" .setting) }}
{{- end }}
{{- if or $from.configMap $from.secret }}
{{- $items := list (dict "key" $from.key "path" $from.key) }}
{{- $source := dict "configMap" (dict "name" $from.configMap "items" $items) }}
{{- if $from.secret }}
{{- $source = dict "secret" (dict "secretName" $from.secret "items" $items) }}
{{- end }}
{{- $files = append $files (dict "volume" .volume "source" $source "variables" (list (dict "name" .variable "key" $from.key))) }}
{{- end }}
{{- end }}
{{- with $values.kafka.clientCertificate }}
{{- if .secret }}
{{- $items := list (dict "key" .certificateKey "path" .certificateKey) (dict "key" .privateKeyKey "path" .privateKeyKey) }}
{{- $variables := list (dict "name" "KAFKA_SSL_CERT" "key" .certificateKey) (dict "name" "KAFKA_SSL_KEY" "key" .privateKeyKey) }}
{{- $source := dict "secret" (dict "secretName" .secret "items" $items) }}
{{- $files = append $files (dict "volume" "kafka-client" "source" $source "variables" $variables) }}
{{- end }}
{{- end }}
{{- dict "files" $files | toJson }}
{{- end }}

{{/* The variables that name these files: dict root, name. */}}
{{- define "webhooks.fileEnv" -}}
{{- range $file := (include "webhooks.files" . | fromJson).files }}
{{- range $file.variables }}
- { name: {{ .name }}, value: {{ printf "/etc/skillora/%s/%s" $file.volume .key | quote }} }
{{- end }}
{{- end }}
{{- end }}

{{/* Where a container has them: dict root, name. */}}
{{- define "webhooks.fileMounts" -}}
{{- with (include "webhooks.files" . | fromJson).files }}
volumeMounts:
  {{- range . }}
  - { name: {{ .volume }}, mountPath: /etc/skillora/{{ .volume }}, readOnly: true }
  {{- end }}
{{- end }}
{{- end }}

{{/* What a pod takes them from: dict root, name. */}}
{{- define "webhooks.fileVolumes" -}}
{{- with (include "webhooks.files" . | fromJson).files }}
volumes:
  {{- range . }}
  - {{- merge (dict "name" .volume) .source | toYaml | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}
