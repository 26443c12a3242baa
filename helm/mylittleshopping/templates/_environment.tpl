{{/* What a service reads that is no secret, as a map of strings; (dict "root" $ "service" "auth"). */}}
{{- define "shop.config" -}}
{{- $root := .root -}}
{{- $service := .service -}}
{{- $settings := include "shop.settings" . | fromYaml -}}
{{- $config := dict
      "ENVIRONMENT" $root.Values.environment
      "DJANGO_SETTINGS_MODULE" (printf "%s_service.settings" $service)
      "PUBLIC_URL" (printf "https://%s" $settings.host)
      "TRUSTED_PROXIES" (toString $root.Values.gateway.trustedProxies)
      "WEB_WORKERS" (toString $settings.web.workers)
      "WEB_THREADS" (toString $settings.web.threads)
      "WORKER_PORT" (toString $root.Values.metrics.workerPort)
      "MAIL_FROM" $root.Values.mailjet.from
      "MAIL_DIRECTORY" "/tmp/mail"
      "PGSSLMODE" $root.Values.databases.tls.mode
-}}
{{- if hasPrefix "verify" $root.Values.databases.tls.mode -}}
  {{- $system := eq $root.Values.databases.tls.caSecret "system" -}}
  {{- $_ := set $config "PGSSLROOTCERT" (ternary "system" "/run/secrets/shop/database-ca.crt" $system) -}}
{{- end -}}
{{- if $settings.database.directSecret -}}
  {{- /* A pooler in transaction mode gives each transaction another session. */ -}}
  {{- $_ := set $config "PREPARED_STATEMENTS" "false" -}}
{{- end -}}
{{- $called := list "auth" -}}
{{- if eq $service "aggregator" -}}
  {{- $called = without (include "shop.services" $root | splitList " ") $service -}}
  {{- $docs := list -}}
  {{- range $called -}}
    {{- $docs = append $docs (printf "%s=https://%s/api/docs/" . (get $root.Values.services .).host) -}}
  {{- end -}}
  {{- $_ := set $config "SERVICE_DOCS" (join "," $docs) -}}
  {{- range $account, $client := $root.Values.serviceAccounts.accounts -}}
    {{- $_ := set $config (printf "%s_ID" (trimSuffix "_SECRET" $client.key)) $account -}}
  {{- end -}}
{{- end -}}
{{- range $called -}}
  {{- $_ := set $config (printf "%s_URL" (upper .)) (include "shop.url" (dict "root" $root "service" .)) -}}
{{- end -}}
{{- if eq $service "inventory" -}}
  {{- $media := $root.Values.media -}}
  {{- if $media.bucket -}}
    {{- $_ := set $config "MEDIA_S3_BUCKET" $media.bucket -}}
    {{- $_ := set $config "MEDIA_S3_REGION" $media.region -}}
    {{- $_ := set $config "MEDIA_S3_ENDPOINT" $media.endpoint -}}
    {{- $_ := set $config "MEDIA_URL" $media.publicUrl -}}
  {{- else -}}
    {{- $_ := set $config "MEDIA_ROOT" "/tmp/media" -}}
  {{- end -}}
{{- end -}}
{{- if $root.Values.tracing.enabled -}}
  {{- $_ := set $config "OTEL_ENABLED" "true" -}}
  {{- $_ := set $config "OTEL_EXPORTER_OTLP_ENDPOINT" $root.Values.tracing.endpoint -}}
{{- end -}}
{{- toYaml (merge (deepCopy $settings.config) $config) -}}
{{- end -}}

{{/* Keys of a service's own secret that become environment variables, as YAML: a list of {name, optional}. */}}
{{- define "shop.secretKeys" -}}
{{- $settings := include "shop.settings" . | fromYaml -}}
{{- $keys := list "SECRET_KEY" "FIELD_ENCRYPTION_KEY" -}}
{{- if and (has .service (list "auth" "orders")) .root.Values.mailjet.enabled -}}
  {{- $keys = concat $keys (list "MAILJET_API_KEY" "MAILJET_API_SECRET") -}}
{{- end -}}
{{- if and (eq .service "inventory") .root.Values.media.bucket .root.Values.media.keys -}}
  {{- $keys = concat $keys (list "MEDIA_S3_ACCESS_KEY" "MEDIA_S3_SECRET_KEY") -}}
{{- end -}}
{{- if eq .service "aggregator" -}}
  {{- $keys = concat $keys (include "shop.clientKeys" .root | fromYamlArray) -}}
{{- end -}}
{{- concat $keys $settings.secret.keys | uniq | toYaml -}}
{{- end -}}

{{- define "shop.clientKeys" -}}
{{- range .Values.serviceAccounts.accounts }}
- {{ .key }}
{{- end }}
{{- end -}}

{{- define "shop.clientSecret" -}}
{{- default (include "shop.secretName" (dict "root" . "service" "aggregator")) .Values.serviceAccounts.secret -}}
{{- end -}}

{{/*
Where each secret variable of a pod comes from, as YAML: a list of {variable, secret, key}. (dict "root" $ "service" "auth" "secret" <name
of the service's secret>), for migrations also "direct" true and "metricsSecret".
*/}}
{{- define "shop.secretVariables" -}}
{{- $root := .root -}}
{{- $secret := .secret -}}
{{- $settings := include "shop.settings" . | fromYaml -}}
{{- $made := printf "%s-%s-pguser-%s" $root.Values.databases.prefix .service .service -}}
{{- $database := dict "variable" "DATABASE_URL" "secret" (default $made $settings.database.secret) "key" $settings.database.key -}}
{{- if and .direct $settings.database.directSecret -}}
  {{- $database = dict "variable" "DATABASE_URL" "secret" $settings.database.directSecret "key" $settings.database.directKey -}}
{{- end -}}
{{- $found := list $database -}}
{{- $clientKeys := include "shop.clientKeys" $root | fromYamlArray -}}
{{- $isAggregator := eq .service "aggregator" -}}
{{- range include "shop.secretKeys" . | fromYamlArray -}}
  {{- $from := $secret -}}
  {{- if and $isAggregator (has . $clientKeys) $root.Values.serviceAccounts.secret -}}
    {{- $from = $root.Values.serviceAccounts.secret -}}
  {{- end -}}
  {{- $found = append $found (dict "variable" . "secret" $from "key" .) -}}
{{- end -}}
{{- if $root.Values.metrics.enabled -}}
  {{- $token := default (include "shop.metricsSecret" $root) .metricsSecret -}}
  {{- $found = append $found (dict "variable" "METRICS_TOKEN" "secret" $token "key" "METRICS_TOKEN") -}}
{{- end -}}
{{- toYaml $found -}}
{{- end -}}

{{/* A container's environment but for its ConfigMap. Secrets are files: an environment is inherited, and shown, too easily. */}}
{{- define "shop.env" -}}
- name: POD_IP
  valueFrom: {fieldRef: {fieldPath: status.podIP}}
# The names that it answers to: outside, inside, and its address.
- name: ALLOWED_HOSTS
  value: "{{ (include "shop.settings" . | fromYaml).host }},{{ include "shop.fullname" .root }}-{{ .service }},$(POD_IP)"
{{- range include "shop.secretVariables" . | fromYamlArray }}
- {name: {{ .variable }}_FILE, value: /run/secrets/shop/{{ .variable }}}
{{- end }}
{{- end -}}

{{/* The volumes of a service's pods, and where they are in its containers. A pod whose secret lacks a key does not start, and says so. */}}
{{- define "shop.volumes" -}}
- name: tmp
  emptyDir: {sizeLimit: 256Mi}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      {{- range include "shop.secretVariables" . | fromYamlArray }}
      - secret: {name: {{ .secret }}, items: [{key: {{ .key }}, path: {{ .variable }}}]}
      {{- end }}
      {{- range $variable, $source := .extraSecrets }}
      - secret: {name: {{ $source.secret }}, items: [{key: {{ $source.key }}, path: {{ $variable }}}]}
      {{- end }}
      {{- if include "shop.caSecret" . }}
      - secret: {name: {{ include "shop.caSecret" . }}, items: [{key: ca.crt, path: database-ca.crt}]}
      {{- end }}
{{- end -}}

{{- define "shop.volumeMounts" -}}
- {name: tmp, mountPath: /tmp}
- {name: secrets, mountPath: /run/secrets/shop, readOnly: true}
{{- end -}}

{{- define "shop.caSecret" -}}
{{- $tls := .root.Values.databases.tls -}}
{{- if and (hasPrefix "verify" $tls.mode) (ne $tls.caSecret "system") -}}
{{- default (printf "%s-%s-cluster-cert" .root.Values.databases.prefix .service) $tls.caSecret -}}
{{- end -}}
{{- end -}}
