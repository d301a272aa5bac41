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
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
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
