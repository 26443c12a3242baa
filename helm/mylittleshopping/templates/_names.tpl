{{/* The beginning of all objects' names. */}}
{{- define "shop.fullname" -}}
{{- default .Release.Name .Values.fullnameOverride | trunc 30 | trimSuffix "-" -}}
{{- end -}}

{{/* The five services, in the order in which they are written. */}}
{{- define "shop.services" -}}
aggregator auth inventory orders payment
{{- end -}}

{{/* What says that an object is this release's. */}}
{{- define "shop.selector" -}}
app.kubernetes.io/name: {{ default "mylittleshopping" .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "shop.labels" -}}
{{ include "shop.selector" . }}
app.kubernetes.io/part-of: mylittleshopping
app.kubernetes.io/version: {{ include "shop.tag" . | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "shop.tag" -}}
{{- default .Chart.AppVersion .Values.image.tag -}}
{{- end -}}

{{/* A service's image: (dict "root" $ "service" "auth"). */}}
{{- define "shop.image" -}}
{{- $image := .root.Values.image -}}
{{- with $image.registry }}{{ . }}/{{ end -}}
{{ $image.repository }}/{{ .service }}:{{ include "shop.tag" .root }}
{{- with get $image.digests .service }}@{{ . }}{{ end -}}
{{- end -}}

{{/* A service's settings: the defaults, with what is its own on top. As YAML. */}}
{{- define "shop.settings" -}}
{{- include "shop.merge" (dict "under" .root.Values.defaults "over" (get .root.Values.services .service)) -}}
{{- end -}}

{{/* The name of the secret with a service's keys. */}}
{{- define "shop.secretName" -}}
{{- $settings := include "shop.settings" . | fromYaml -}}
{{- default (printf "%s-%s" (include "shop.fullname" .root) .service) $settings.secret.existing -}}
{{- end -}}

{{- define "shop.metricsSecret" -}}
{{- default (printf "%s-metrics" (include "shop.fullname" .)) .Values.metrics.secret -}}
{{- end -}}

{{/* The address that a service has inside the cluster. */}}
{{- define "shop.url" -}}
http://{{ include "shop.fullname" .root }}-{{ .service }}:8000
{{- end -}}

{{/* Restricted pod security, for a pod and for a container. */}}
{{- define "shop.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "shop.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}
