{{- define "databases.services" -}}
aggregator auth inventory orders payment
{{- end -}}

{{- define "databases.labels" -}}
app.kubernetes.io/name: databases
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/part-of: mylittleshopping
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "databases.settings" -}}
{{- include "shop.merge" (dict "under" .root.Values.defaults "over" (get .root.Values.services .service)) -}}
{{- end -}}

{{/* The services whose databases the operator runs, as a YAML list. */}}
{{- define "databases.enabled" -}}
{{- $found := list -}}
{{- range $service := include "databases.services" . | splitList " " -}}
  {{- if (include "databases.settings" (dict "root" $ "service" $service) | fromYaml).enabled -}}
    {{- $found = append $found $service -}}
  {{- end -}}
{{- end -}}
{{- toYaml $found -}}
{{- end -}}

{{/* pgBackRest's options for a repository; (dict "folder" … "uriStyle" … "service" …). */}}
{{- define "databases.repository" -}}
repo1-path: {{ .folder }}/{{ .service }}
repo1-cipher-type: aes-256-cbc
repo1-s3-uri-style: {{ .uriStyle }}
{{- end -}}

{{/* Where a database that is made anew takes its rows from; (dict "root" $ "service" …, "from" bucket, …). */}}
{{- define "databases.source" -}}
pgbackrest:
  stanza: db
  configuration:
    - secret: {name: {{ .from.secret }}}
  global:
    {{- include "databases.repository" (dict "folder" .from.folder "uriStyle" .from.uriStyle "service" .service) | nindent 4 }}
  repo:
    name: repo1
    s3: {bucket: {{ .from.bucket }}, endpoint: {{ .from.endpoint }}, region: {{ .from.region }}}
  {{- if .until }}
  options: [--type=time, '--target="{{ .until }}"']
  {{- end }}
{{- end -}}

{{- define "databases.instance" -}}
name: main
replicas: {{ .replicas }}
resources:
  {{- toYaml .settings.resources | nindent 2 }}
dataVolumeClaimSpec:
  {{- with .settings.storageClass }}
  storageClassName: {{ . }}
  {{- end }}
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: {{ .storage }}}}
{{- end -}}

{{/* The scratch database of a restore check. */}}
{{- define "databases.drill" -}}
apiVersion: pgv2.percona.com/v2
kind: PerconaPGCluster
metadata:
  name: {{ .name }}
  labels:
    {{- include "databases.labels" .root | nindent 4 }}
    app.kubernetes.io/component: restore-check
  finalizers: [percona.com/delete-pvc, percona.com/delete-ssl]
spec:
  crVersion: {{ .root.Values.operator.crVersion }}
  image: {{ .root.Values.images.postgres }}
  imagePullPolicy: IfNotPresent
  {{- with .root.Values.images.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  postgresVersion: {{ .root.Values.postgresVersion }}
  port: 5432
  users:
    - {name: {{ .service }}, databases: [{{ .service }}], password: {type: AlphaNumeric}}
  dataSource:
    {{- include "databases.source" (dict "service" .service "from" .root.Values.backups) | nindent 4 }}
  instances:
    - {{- include "databases.instance" (dict "settings" .settings "replicas" 1 "storage" .root.Values.restoreCheck.storage) | nindent 6 }}
  proxy: {pgBouncer: {replicas: 0, image: {{ .root.Values.images.pgbouncer }}}}
  patroni: {dynamicConfiguration: {postgresql: {parameters: {max_connections: {{ .settings.parameters.max_connections }}}}}}
  backups:
    pgbackrest:
      image: {{ .root.Values.images.pgbackrest }}
      repos:
        - name: repo1
          volume: {volumeClaimSpec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: {{ .root.Values.restoreCheck.storage }}}}}}
{{- end -}}
