{{/* What web, worker and migration pods have in common; (dict "root" $ "service" "auth" "process" "web"). */}}
{{- define "shop.podLabels" -}}
{{ include "shop.selector" .root }}
app.kubernetes.io/component: {{ .service }}
mylittleshopping/process: {{ .process }}
{{- end -}}

{{- define "shop.podMetadata" -}}
labels:
  {{- include "shop.podLabels" . | nindent 2 }}
annotations:
  # A changed setting or secret starts new pods.
  checksum/config: {{ include "shop.config" . | sha256sum }}
  checksum/secret: {{ include "shop.settings" . | fromYaml | dig "secret" dict | toYaml | sha256sum }}
  {{- with (include "shop.settings" . | fromYaml).podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{- define "shop.podSpec" -}}
{{- $settings := include "shop.settings" . | fromYaml -}}
automountServiceAccountToken: false
# Without it every service would be told of every other by variables like AUTH_PORT.
enableServiceLinks: false
securityContext:
  {{- include "shop.podSecurity" . | nindent 2 }}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with $settings.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $settings.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $settings.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  {{- include "shop.volumes" . | nindent 2 }}
{{- end -}}

{{- define "shop.spread" -}}
{{- $settings := include "shop.settings" . | fromYaml -}}
{{- $scope := . -}}
topologySpreadConstraints:
{{- range $key, $when := dict "topology.kubernetes.io/zone" $settings.topologySpread.zone "kubernetes.io/hostname" $settings.topologySpread.host }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: {{ $when }}
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels:
        {{- include "shop.podLabels" $scope | nindent 8 }}
{{- end }}
{{- end -}}
