{{/* Two maps as one, the second's values first; unlike Sprig's merge it knows that false and 0 are values. */}}
{{- define "shop.merge" -}}
{{- $merged := dict -}}
{{- range $key, $value := .under }}{{ $_ := set $merged $key $value }}{{ end -}}
{{- range $key, $value := .over -}}
  {{- $below := get $merged $key -}}
  {{- if and (kindIs "map" $value) (kindIs "map" $below) -}}
    {{- $_ := set $merged $key (include "shop.merge" (dict "under" $below "over" $value) | fromYaml) -}}
  {{- else -}}
    {{- $_ := set $merged $key $value -}}
  {{- end -}}
{{- end -}}
{{- toYaml $merged -}}
{{- end -}}
